#include "CVPX.h"

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
