"""You are the receptionist of Green Valley Hospital. Answer in one or two short spoken sentences."""

# The docstring above is the system prompt, to the letter the one the embedded model was trained with.
#
# Map: _tools (what the receptionist can do) · _scheduling (which times are free; pure) · _dates, _births, _times,
# _names, _words (what callers say; pure) · _records (questions and changes) · _tables, _database, _seed, _open (what
# they stand on).

from actors.agents.hospital._open import open_resources
from actors.agents.hospital._seed import DOCTORS
from actors.agents.hospital._tools import (
    cancel_appointment,
    check_availability,
    get_doctor_info,
    get_patient_info,
    schedule_appointment,
)

__all__ = [
    "GREETING",
    "HINTS",
    "TOOLS",
    "cancel_appointment",
    "check_availability",
    "get_doctor_info",
    "get_patient_info",
    "open_resources",
    "schedule_appointment",
]

GREETING = "Green Valley Hospital, good day. How can I help you?"
# Each holds up the answer while it is spoken: the embedded voice takes 0.5 to 0.7 s. They fit good and bad news alike.
FILLERS = ("One moment.", "Let's see.", "Okay.")
IDLE_PROMPTS = ("Are you still there?", "Hello, can you hear me?")
GOODBYE = "Thank you for calling Green Valley Hospital. Goodbye."
APOLOGY = "I'm sorry, something went wrong on my side. Could you say that again?"
# In the order of the embedded model's training: it reads the names in its prompt.
TOOLS = (check_availability, schedule_appointment, cancel_appointment, get_doctor_info, get_patient_info)
TIMEZONE = "America/New_York"  # the hospital's own; the clock that the agent is opened with may have another
HINTS = (
    *(f"Doctor {last}" for _, last, *_ in DOCTORS),
    *("Green Valley Hospital", "cardiologist", "dermatologist", "pediatrician", "neurologist", "appointment"),
)
