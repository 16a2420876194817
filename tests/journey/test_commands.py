"""Does a command cross the bus unchanged?"""

from typing import get_args

import pytest

from app import commands as c
from contacts.stay import Wishes

ID, OTHER = "01a2075d-6b13-72af-99f5-300730788cbb", "01a2075d-6cf6-7117-abb9-809a230a2425"
ENTRY = c.Entry(
    ID, OTHER, "phone", ID, "telephony:p", "leg-1", "+4930123", OTHER, 70, "de", "billing >= 3",
    Wishes(ID, (OTHER,), None), flow=c.FlowRef(ID, 3), facts={"caller": "+4930123"},
    collected={"page": "/prices", "steps": [1, 2], "name": "Łucja 李"},
)  # fmt: skip
EACH: dict[type, c.Command] = {
    type(command): command
    for command in (
        c.Arrive(ENTRY),
        c.ReportLegs("p", (c.LegReport("leg-1", "Delivered", 1, None, ENTRY), c.LegReport("leg-2", "Held", 2, "busy"))),
        c.ReportPhones("p", (ID,), (OTHER,)),
        c.ReportEffects((ID,), (), (OTHER,)),
        c.TakeMail(ENTRY, ID, OTHER, ID, True, OTHER),
        c.SendMail(ID, OTHER, ID, OTHER),
        c.MarkSpam(ID, OTHER),
        c.MergeMails(ID, OTHER, ID, OTHER),
        c.SplitMail(ENTRY, ID, OTHER, ID),
        c.CustomerLeft(ID, (OTHER,)),
        c.SendTranscript(ID, OTHER, ID, OTHER, 1),
        c.TellWait(ID, 60_000_000, 180_000_000),
        c.ChooseState(ID, "away", "lunch", "next", OTHER),
        c.ClearNotResponding(ID),
        c.DeviceReach(ID, "desk", True),
        c.ActOnSegment("decline", ID, OTHER, "a reason"),
        c.TransferToQueue(ID, OTHER, ID),
        c.TransferToAgent(ID, OTHER, ID, keep=True),
        c.ConsultAgent(ID, OTHER, ID),
        c.CallOutside(ID, OTHER, "030 123", blind=True),
        c.AssignContact(ID, OTHER, ID),
        c.MoveContact(ID, OTHER),
        c.ReprioritiseContact(ID, 50),
        c.WithdrawOffer(ID),
        c.PlanTask(ENTRY, "follow_up", 1_700_000_000_000_000, OTHER),
        c.ChangeTask(ID, None, (OTHER,)),
        c.RequestCallback(ENTRY, "+4930123", ("a-digest",), 1_700_000_000_000_000, "Asia/Shanghai", "customer"),
        c.ChangeCallback(ID, 1_700_000_000_000_000, (OTHER,)),
        c.Dial(ENTRY, ID, "030 123"),
        c.CallColleague(ENTRY, ID, OTHER),
        c.Monitor(ID, OTHER, "whisper"),
        c.ReportHeard("asterisk:p", ID, "keys", "4711", 1.5),
        c.ReportFound(ID, "found", {"name": "Łucja 李", "value": "80"}),
        c.ReportFax("asterisk:p", ID, "received", 3, False),
        c.FaxTone("asterisk:p", "leg-1"),
        c.TakeFax(ENTRY, ID, 3, False),
        c.SendFax(ENTRY, ID, 2, "030 123", OTHER, ID),
        c.ApplyConfig(7),
        c.RowChanged("segment_result", ID, 2, OTHER, None, ID),
        c.EraseCustomer(ID, OTHER),
    )
}


@pytest.mark.parametrize("kind", get_args(c.Command), ids=lambda kind: kind.__name__)
def test_every_command_arrives_as_it_was_sent(kind: type) -> None:
    envelope = c.Envelope("key:1", "id-1", c.hash_of(b"\x00\xff"), EACH[kind], "customer")

    assert c.load(c.dump(envelope)) == envelope
