"""The waits of simulated calls: shorter than in life, so that a call takes few events; and very short ones."""

from __future__ import annotations

from actors.call import CallSettings, EarSettings
from actors.testing._stage import NO_ECHO
from statechart import EndpointWaits, OverlapLimits, Settings

__all__ = ["HASTY", "USUAL"]

USUAL = CallSettings(
    chart=Settings(
        waits=EndpointWaits(complete_ms=250, default_ms=600, open_ms=750, patient_ms=900, max_ms=1500),
        answer_ms=6000,
        idle_ms=5000,
        transcript_ms=2500,
        stall_ms=4000,
        reconnect_ms=6000,
        idle_prompts=1,
    ),
    ear=EarSettings(voice=NO_ECHO, stt_timeout_ms=2000),
    frame_ms=100,
)
HASTY = CallSettings(
    chart=Settings(
        waits=EndpointWaits(complete_ms=60, default_ms=100, open_ms=120, patient_ms=150, max_ms=300),
        overlap=OverlapLimits(decide_ms=200),
        overlap_in_processing_ms=200,
        answer_ms=1500,
        idle_ms=1500,
        transcript_ms=1400,
        stall_ms=1200,
        filler_ms=150,
        reconnect_ms=2000,
        idle_prompts=1,
    ),
    ear=EarSettings(voice=NO_ECHO, stt_timeout_ms=1200),
    frame_ms=100,
)
