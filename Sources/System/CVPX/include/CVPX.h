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
