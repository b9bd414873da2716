#pragma once

#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

// libvpx opens codecs through macros that add the ABI version, and sets options through a variadic function:
// Swift can call neither.

vpx_codec_err_t cvpx_vp8_default_configuration(vpx_codec_enc_cfg_t *configuration);
vpx_codec_err_t cvpx_vp8_encoder_open(vpx_codec_ctx_t *context, const vpx_codec_enc_cfg_t *configuration);
vpx_codec_err_t cvpx_vp8_decoder_open(vpx_codec_ctx_t *context, unsigned int threads);

vpx_codec_err_t cvpx_set_speed(vpx_codec_ctx_t *context, int speed);
vpx_codec_err_t cvpx_set_static_threshold(vpx_codec_ctx_t *context, unsigned int threshold);
vpx_codec_err_t cvpx_set_maximum_intra_percent(vpx_codec_ctx_t *context, unsigned int percent);
vpx_codec_err_t cvpx_set_noise_sensitivity(vpx_codec_ctx_t *context, unsigned int level);
vpx_codec_err_t cvpx_set_token_partitions(vpx_codec_ctx_t *context, int power);

// One compressed frame as the encoder gives it; `bytes` is null when there is none left.
typedef struct {
    const void *bytes;
    size_t count;
    int is_key_frame;
} cvpx_frame;

// The next compressed frame of the last encode call; start with *iterator = NULL.
cvpx_frame cvpx_next_frame(vpx_codec_ctx_t *context, vpx_codec_iter_t *iterator);

vpx_codec_err_t cvpx_vp9_default_configuration(vpx_codec_enc_cfg_t *configuration);
vpx_codec_err_t cvpx_vp9_encoder_open(vpx_codec_ctx_t *context, const vpx_codec_enc_cfg_t *configuration);
vpx_codec_err_t cvpx_vp9_decoder_open(vpx_codec_ctx_t *context, unsigned int threads);

#define CVPX_SPATIAL_LAYERS 3

// How a VP9 stream is divided into layers, each spatial one half as large as the next.
typedef struct {
    int spatial_layers;
    int temporal_layers;
    int speeds[CVPX_SPATIAL_LAYERS];
    // 0 filters every frame, 1 leaves out those that no other refers to.
    int loop_filter_modes[CVPX_SPATIAL_LAYERS];
    int minimum_quantizer;
    int maximum_quantizer;
} cvpx_scalability;

// Which of the eight buffers each layer of the next picture reads and writes; -1 for none.
typedef struct {
    int spatial_layers;
    int temporal_layer;
    int reads[CVPX_SPATIAL_LAYERS];
    int writes[CVPX_SPATIAL_LAYERS];
} cvpx_references;

// Where the layer frames of a picture are gathered, one behind the other, lowest first.
typedef struct {
    unsigned char *bytes;
    size_t capacity;
    size_t count;
    size_t counts[CVPX_SPATIAL_LAYERS];
    int layer_count;
    int is_key_frame;
    int overflowed;
} cvpx_layer_frames;

// Sets layers, speeds and quantizers; with `frames`, also turns scalability on and has layer frames put there,
// where it must stay.
vpx_codec_err_t cvpx_vp9_set_scalability(
    vpx_codec_ctx_t *context, const cvpx_scalability *scalability, cvpx_layer_frames *frames);

vpx_codec_err_t cvpx_vp9_set_references(vpx_codec_ctx_t *context, const cvpx_references *references);
