"""One participant on LiveKit's official SDK, for the tests beside this file.

Joins a room, publishes a moving picture and a tone if asked, takes in everything that others send, leaves after a
time, and prints what it lived through as one line of JSON. Run with --help for its options.
"""

import argparse
import asyncio
import json
import math
import sys

import numpy as np
from livekit import api, rtc

SAMPLE_RATE = 48_000
TONE_HERTZ = 440.0


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="LiveKit's address, ws://...")
    parser.add_argument("--key", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--room", required=True)
    parser.add_argument("--identity", required=True)
    parser.add_argument("--seconds", type=float, default=8.0, help="how long to stay after the join")
    parser.add_argument("--camera", choices=["off", "vp8", "vp8-simulcast", "vp9"], default="off")
    parser.add_argument("--microphone", action="store_true", help="publish a tone")
    parser.add_argument("--say", default="", help="a data message for everybody, sent half-way through")
    parser.add_argument("--mute-at", type=float, default=0.0, help="mute the microphone after so many seconds")
    parser.add_argument("--drop-signalling-at", type=float, default=0.0,
                        help="cut the signalling connection after so many seconds and let the SDK resume")
    return parser.parse_args()


class Story:
    """What one participant lived through."""

    def __init__(self):
        self.remote = {}
        self.events = []

    def of(self, identity):
        return self.remote.setdefault(identity, {
            "videoFrames": 0, "width": 0, "height": 0, "audioFrames": 0, "loudness": 0.0,
            "data": [], "mutes": 0, "tracks": [], "codecs": [],
        })

    async def watch(self, track, identity):
        seen = self.of(identity)
        async for event in rtc.VideoStream(track):
            seen["videoFrames"] += 1
            seen["width"] = max(seen["width"], event.frame.width)
            seen["height"] = max(seen["height"], event.frame.height)

    async def listen(self, track, identity):
        heard = self.of(identity)
        async for event in rtc.AudioStream(track):
            samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float64)
            heard["audioFrames"] += 1
            if samples.size:
                heard["loudness"] = max(heard["loudness"], math.sqrt(float(np.mean(samples * samples))))


async def show_picture(source, width, height):
    """A grey picture whose brightness changes, ten times a second."""
    step = 0
    while True:
        shade = bytes([step * 7 % 256, step * 3 % 256, 128, 255])
        source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.RGBA, shade * (width * height)))
        step += 1
        await asyncio.sleep(0.1)


async def play_tone(source):
    position = 0
    while True:
        frame = rtc.AudioFrame.create(SAMPLE_RATE, 1, SAMPLE_RATE // 100)
        instants = (position + np.arange(frame.samples_per_channel)) / SAMPLE_RATE
        tone = 8000 * np.sin(2 * math.pi * TONE_HERTZ * instants)
        np.frombuffer(frame.data, dtype=np.int16)[:] = tone.astype(np.int16)
        position += frame.samples_per_channel
        await source.capture_frame(frame)


async def publish(room, choice, tasks):
    """Publishes what was asked for and returns the microphone's track, if there is one."""
    microphone = None
    if choice.microphone:
        source = rtc.AudioSource(SAMPLE_RATE, 1)
        microphone = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        tasks.append(asyncio.ensure_future(play_tone(source)))
        await asyncio.wait_for(room.local_participant.publish_track(
            microphone, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)), 20)
    if choice.camera != "off":
        source = rtc.VideoSource(1280, 720)
        camera = rtc.LocalVideoTrack.create_video_track("camera", source)
        tasks.append(asyncio.ensure_future(show_picture(source, 1280, 720)))
        codec = rtc.VideoCodec.VP9 if choice.camera == "vp9" else rtc.VideoCodec.VP8
        await asyncio.wait_for(room.local_participant.publish_track(camera, rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA, video_codec=codec,
            simulcast=choice.camera == "vp8-simulcast")), 20)
    return microphone


async def live(choice):
    story = Story()
    tasks = []
    room = rtc.Room()

    @room.on("track_subscribed")
    def on_track(track, publication, participant):
        seen = story.of(participant.identity)
        seen["tracks"].append(publication.sid)
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            seen["codecs"].append(publication.mime_type.lower())
        receive = story.watch if track.kind == rtc.TrackKind.KIND_VIDEO else story.listen
        tasks.append(asyncio.ensure_future(receive(track, participant.identity)))

    @room.on("data_received")
    def on_data(packet):
        if packet.participant is not None:
            story.of(packet.participant.identity)["data"].append(packet.data.decode("utf-8", "replace"))

    @room.on("track_muted")
    def on_mute(participant, publication):
        if participant.identity != choice.identity:
            story.of(participant.identity)["mutes"] += 1

    for name in ("reconnecting", "reconnected", "disconnected"):
        room.on(name, lambda *_, name=name: story.events.append(name))

    token = (api.AccessToken(choice.key, choice.secret).with_identity(choice.identity)
             .with_grants(api.VideoGrants(room_join=True, room=choice.room)).to_jwt())
    await asyncio.wait_for(room.connect(choice.url, token), 20)
    print("joined", file=sys.stderr, flush=True)
    microphone = await publish(room, choice, tasks)

    loop = asyncio.get_running_loop()
    start = loop.time()

    async def at(seconds):
        await asyncio.sleep(max(0.0, start + seconds - loop.time()))

    if choice.mute_at and microphone is not None:
        await at(choice.mute_at)
        microphone.mute()
    if choice.drop_signalling_at:
        await at(choice.drop_signalling_at)
        await room.simulate_scenario(rtc.SimulateScenarioKind.SIMULATE_SIGNAL_RECONNECT)
    if choice.say:
        await at(choice.seconds / 2)
        await room.local_participant.publish_data(choice.say.encode(), reliable=True)
    await at(choice.seconds)
    summary = {"identity": choice.identity, "remote": story.remote, "events": list(story.events)}
    for task in tasks:
        task.cancel()
    # Told before the goodbye: the SDK now and then aborts in its own disconnect (1.2.1).
    print(json.dumps(summary), flush=True)
    await room.disconnect()


if __name__ == "__main__":
    asyncio.run(live(options()))
