import json

from hypothesis import given
from hypothesis import strategies as st

from actors.local._examples import with_examples
from actors.ports import LlmMessage, LlmRequest, ToolSpec

SYSTEM = LlmMessage("system", "You are kind.")
names = st.text("abcdefgh_", min_size=1, max_size=12)
tools = st.lists(st.builds(lambda name, given: (name, given), names, st.lists(names, unique=True)), max_size=5)


def spec(name, parameters):
    return ToolSpec(name, "", {"type": "object", "properties": {each: {"type": "string"} for each in parameters}})


@given(tools)
def test_every_tool_is_called_once_with_all_it_takes_and_every_call_has_its_result(described):
    request = LlmRequest((SYSTEM, LlmMessage("user", "Hi.")), tuple(spec(*each) for each in described))
    examples = with_examples(request)
    if not described:
        assert examples is None
        return
    assert examples.messages[0] == SYSTEM
    assert examples.tools == request.tools
    assert examples.max_tokens == 1
    calls = [call for message in examples.messages for call in message.tool_calls]
    assert [(call.name, list(json.loads(call.arguments))) for call in calls] == described
    assert [m.tool_call_id for m in examples.messages if m.role == "tool"] == [call.id for call in calls]


def test_a_tool_without_parameters_and_a_request_without_messages():
    bare = ToolSpec("hang_up", "", {"type": "object"})
    [call] = [call for m in with_examples(LlmRequest((SYSTEM,), (bare,))).messages for call in m.tool_calls]
    assert call.arguments == "{}"
    assert with_examples(LlmRequest((), (bare,))) is None
