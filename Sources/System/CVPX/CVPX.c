#include "CVPX.h"

#include <string.h>

vpx_codec_err_t cvpx_vp8_default_configuration(vpx_codec_enc_cfg_t *configuration) {
    return vpx_codec_enc_config_default(vpx_codec_vp8_cx(), configuration, 0);
}

vpx_codec_err_t cvpx_vp8_encoder_open(vpx_codec_ctx_t *context, const vpx_codec_enc_cfg_t *configuration) {
    return vpx_codec_enc_init(context, vpx_codec_vp8_cx(), configuration, 0);
}

vpx_codec_err_t cvpx_vp8_decoder_open(vpx_codec_ctx_t *context, unsigned int threads) {
    vpx_codec_dec_cfg_t configuration = {.threads = threads};
    return vpx_codec_dec_init(context, vpx_codec_vp8_dx(), &configuration, 0);
}

vpx_codec_err_t cvpx_set_speed(vpx_codec_ctx_t *context, int speed) {
    return vpx_codec_control(context, VP8E_SET_CPUUSED, speed);
}

vpx_codec_err_t cvpx_set_static_threshold(vpx_codec_ctx_t *context, unsigned int threshold) {
    return vpx_codec_control(context, VP8E_SET_STATIC_THRESHOLD, threshold);
}

vpx_codec_err_t cvpx_set_maximum_intra_percent(vpx_codec_ctx_t *context, unsigned int percent) {
    return vpx_codec_control(context, VP8E_SET_MAX_INTRA_BITRATE_PCT, percent);
}

vpx_codec_err_t cvpx_set_noise_sensitivity(vpx_codec_ctx_t *context, unsigned int level) {
    return vpx_codec_control(context, VP8E_SET_NOISE_SENSITIVITY, level);
}

vpx_codec_err_t cvpx_set_token_partitions(vpx_codec_ctx_t *context, int power) {
    return vpx_codec_control(context, VP8E_SET_TOKEN_PARTITIONS, power);
}

cvpx_frame cvpx_next_frame(vpx_codec_ctx_t *context, vpx_codec_iter_t *iterator) {
    const vpx_codec_cx_pkt_t *packet;
    while ((packet = vpx_codec_get_cx_data(context, iterator)) != NULL) {
        if (packet->kind != VPX_CODEC_CX_FRAME_PKT) continue;
        return (cvpx_frame){
            .bytes = packet->data.frame.buf,
            .count = packet->data.frame.sz,
            .is_key_frame = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0,
        };
    }
    return (cvpx_frame){0};
}

vpx_codec_err_t cvpx_vp9_default_configuration(vpx_codec_enc_cfg_t *configuration) {
    return vpx_codec_enc_config_default(vpx_codec_vp9_cx(), configuration, 0);
}

vpx_codec_err_t cvpx_vp9_encoder_open(vpx_codec_ctx_t *context, const vpx_codec_enc_cfg_t *configuration) {
    return vpx_codec_enc_init(context, vpx_codec_vp9_cx(), configuration, 0);
}

vpx_codec_err_t cvpx_vp9_decoder_open(vpx_codec_ctx_t *context, unsigned int threads) {
    vpx_codec_dec_cfg_t configuration = {.threads = threads};
    return vpx_codec_dec_init(context, vpx_codec_vp9_dx(), &configuration, 0);
}

// libvpx gives the frame of every spatial layer to this callback, in order.
static void collect(vpx_codec_cx_pkt_t *packet, void *user) {
    cvpx_layer_frames *frames = user;
    if (packet->kind != VPX_CODEC_CX_FRAME_PKT) return;
    size_t count = packet->data.frame.sz;
    if (frames->layer_count >= CVPX_SPATIAL_LAYERS || count > frames->capacity - frames->count) {
        frames->overflowed = 1;
        return;
    }
    memcpy(frames->bytes + frames->count, packet->data.frame.buf, count);
    frames->count += count;
    frames->counts[frames->layer_count++] = count;
    if (packet->data.frame.flags & VPX_FRAME_IS_KEY) frames->is_key_frame = 1;
}

vpx_codec_err_t cvpx_vp9_set_scalability(
    vpx_codec_ctx_t *context, const cvpx_scalability *scalability, cvpx_layer_frames *frames
) {
    vpx_svc_extra_cfg_t settings;
    memset(&settings, 0, sizeof settings);
    for (int layer = 0; layer < scalability->spatial_layers; layer++) {
        settings.scaling_factor_num[layer] = 1;
        settings.scaling_factor_den[layer] = 1 << (scalability->spatial_layers - 1 - layer);
        settings.speed_per_layer[layer] = scalability->speeds[layer];
        settings.loopfilter_ctrl[layer] = scalability->loop_filter_modes[layer];
    }
    for (int layer = 0; layer < scalability->spatial_layers * scalability->temporal_layers; layer++) {
        settings.min_quantizers[layer] = scalability->minimum_quantizer;
        settings.max_quantizers[layer] = scalability->maximum_quantizer;
    }
    vpx_codec_err_t result = VPX_CODEC_OK;
    if (frames) {
        vpx_codec_priv_output_cx_pkt_cb_pair_t callback = {collect, frames};
        result = vpx_codec_control(context, VP9E_SET_SVC, 1);
        if (result == VPX_CODEC_OK) result = vpx_codec_control(context, VP9E_REGISTER_CX_CALLBACK, &callback);
        // 2: layers are predicted from each other in key pictures only.
        if (result == VPX_CODEC_OK) result = vpx_codec_control(context, VP9E_SET_SVC_INTER_LAYER_PRED, 2);
        if (result == VPX_CODEC_OK) result = vpx_codec_control(context, VP9E_SET_SVC_GF_TEMPORAL_REF, 0);
        if (result == VPX_CODEC_OK) result = vpx_codec_control(context, VP9E_SET_FRAME_PARALLEL_DECODING, 0);
        if (result == VPX_CODEC_OK) result = vpx_codec_control(context, VP9E_SET_TILE_COLUMNS, 0);
        if (result == VPX_CODEC_OK) result = vpx_codec_control(context, VP9E_SET_NOISE_SENSITIVITY, 0);
        // 3: cyclic refresh.
        if (result == VPX_CODEC_OK) result = vpx_codec_control(context, VP9E_SET_AQ_MODE, 3);
    }
    if (result == VPX_CODEC_OK) result = vpx_codec_control(context, VP9E_SET_SVC_PARAMETERS, &settings);
    return result;
}

vpx_codec_err_t cvpx_vp9_set_references(vpx_codec_ctx_t *context, const cvpx_references *references) {
    vpx_svc_layer_id_t layer;
    vpx_svc_ref_frame_config_t configuration;
    memset(&layer, 0, sizeof layer);
    memset(&configuration, 0, sizeof configuration);
    layer.temporal_layer_id = references->temporal_layer;
    for (int spatial = 0; spatial < references->spatial_layers; spatial++) {
        int read = references->reads[spatial], write = references->writes[spatial];
        layer.temporal_layer_id_per_spatial[spatial] = references->temporal_layer;
        configuration.lst_fb_idx[spatial] = read >= 0 ? read : write >= 0 ? write : 0;
        configuration.reference_last[spatial] = read >= 0;
        if (write >= 0) configuration.update_buffer_slot[spatial] = 1 << write;
        // A buffer that is written and not read is named as the golden one.
        if (read >= 0 && write >= 0 && write != read) configuration.gld_fb_idx[spatial] = write;
    }
    vpx_codec_err_t result = vpx_codec_control(context, VP9E_SET_SVC_LAYER_ID, &layer);
    if (result != VPX_CODEC_OK) return result;
    return vpx_codec_control(context, VP9E_SET_SVC_REF_FRAME_CONFIG, &configuration);
}
