"""Traps of lists: an item says the opposite of its list without the line that introduces it."""

from tests.traps.rendering import Code, bullets, steps
from tests.traps.trap import Ask, Trap, make_traps, render_traps

CAMP = (
    "# House rules of the Alder Mill camp",
    "The camp lies in the bend of the river and has forty tents. Breakfast is served in the mill.",
    "## Refunds",
    "No refund is given if you:",
    bullets("cancel less than a week before arrival", "leave early because of the rain", "bring a tent of your own"),
    "## Fees",
    "Members pay half the fee, except for:",
    bullets("the guided night walk", "the canoe trip in August"),
    "## Where your things are",
    "The warden keeps a list of lost property in the mill.",
)
ARCHIVE = (
    "# What the Veltin tide gauge stores",
    "The gauge measures the height of the water every minute and shows it on the pier.",
    "None of the following is stored:",
    bullets("names of the visitors", "sound from the microphone", "pictures of the harbour camera"),
    "The heights of the last ten years can be read in the harbour office.",
)
KILN = (
    "# The pottery in the old fire station",
    "The pottery has two wheels and one kiln. The clay is paid by weight.",
    "You may only use the kiln if you:",
    bullets("have attended the evening course", "fire your own pots", "stay until the kiln is cold"),
    "The deposit for the apron is kept unless:",
    bullets("the apron comes back on the same day", "you are a pupil of the Lindt school"),
)
WORKSHOP = (
    "# The open workshop at Brommel Street",
    "The workshop is open to everybody on Thursdays and Saturdays.",
    "Not allowed in the workshop:",
    bullets(
        ("power tools of your own:", bullets("angle grinders", "nail guns")),
        ("liquids:", bullets("paint thinner", "battery acid")),
    ),
    "Gloves can be borrowed at the counter.",
)
READING_ROOM = (
    "# The map room of the Halvard library",
    "The map room holds nine thousand maps and is on the second floor.",
    "You may bring into the map room:",
    bullets("pencils", "a magnifying glass", "your own notes"),
    "You may not bring into the map room:",
    bullets("ink pens", "umbrellas", "food of any kind"),
    "Lockers for everything else stand beside the stairs.",
)
RADIATOR = (
    "# Radiators in the guest house",
    "There is a radiator in each room. It is turned on by the warden in October.",
    "## Bleeding a radiator",
    "To bleed a radiator, do the following:",
    steps(
        "Turn off the circulation pump.",
        "Hold a cup under the valve.",
        "Open the valve with the square key until water comes.",
        "Close the valve and turn the pump on again.",
    ),
    "## Painting",
    "Radiators are painted by the owner only.",
)
SERVER = (
    "# The weather station Pelna 4",
    "The station sends its data to the village server every five minutes.",
    "## Linking the station",
    "Link the station to an account in three steps:",
    steps(
        ("Open the terminal and ask for a code:", Code("bash", "pelna code --new")),
        "Enter the code on the account page within ten minutes.",
        ("Restart the station:", bullets("press the red button twice", "wait for the green light")),
    ),
    "The station keeps its link when the battery is changed.",
)
GUARANTEE = (
    "# The guarantee of the Torvik stove",
    "The stove has a guarantee of six years from the day of purchase.",
    "You lose the guarantee if you:",
    "Ask your dealer when in doubt. The dealer decides within a week.",
    bullets("burn wet wood", "paint the door", "use the stove without its stone"),
    "Spare stones are sold by the dealer.",
)
BOAT = (
    "# Luggage on the mail boat",
    "The mail boat takes twelve passengers and leaves the pier at seven.",
    "**You cannot take on the boat:**",
    bullets(("bicycles", "Folded bicycles in a bag are not meant by this."), "prams", "crates over 20 kg"),
    "Luggage is handed over on the pier.",
)
TODO = (
    "# Work on the ferry house",
    "The ferry house is repaired by volunteers in the winter months.",
    "State of the work in March:",
    bullets("[ ] repair the hand pump", "[x] paint the north door", "[ ] renew the gutters"),
)
TODO_HTML = """<html lang="en"><head><title>Work on the ferry house</title></head><body><main>
<h1>Work on the ferry house</h1><p>The ferry house is repaired by volunteers in the winter months.</p>
<p>State of the work in March:</p><ul class="contains-task-list">
<li class="task-list-item"><input type="checkbox" disabled> repair the hand pump</li>
<li class="task-list-item"><input type="checkbox" disabled checked> paint the north door</li></ul></main>"""

TRAPS: list[Trap] = [
    *render_traps(
        "list",
        "camp",
        "md txt rst html epub docx pdf",
        CAMP,
        Ask(
            "weather",
            "Do I get a refund if I leave early because of the rain?",
            ("no refund is given if you", "leave early because of the rain"),
        ),
    ),
    *render_traps(
        "list",
        "camp",
        "md rst html docx",
        CAMP,
        Ask("except", "Do members pay half for the guided night walk?", ("except for", "the guided night walk")),
    ),
    *render_traps(
        "list",
        "gauge",
        "md txt html epub",
        ARCHIVE,
        Ask("none-of", "Is sound from the microphone stored?", ("none of the following is stored", "sound from the")),
    ),
    *render_traps(
        "list",
        "pottery",
        "md docx pdf",
        KILN,
        Ask("only-if", "Must I attend a course to use the kiln?", ("only use the kiln if you", "attended the evening")),
        Ask("unless", "What if my apron comes back on the same day?", ("is kept unless", "comes back on the same day")),
    ),
    *render_traps(
        "nested list",
        "workshop",
        "md txt rst html epub docx",
        WORKSHOP,
        Ask(
            "parents",
            "Are angle grinders allowed in the workshop?",
            ("not allowed in the workshop", "power tools of your own", "angle grinders"),
        ),
    ),
    *render_traps(
        "adjacent lists",
        "maps",
        "md txt rst html epub docx",
        READING_ROOM,
        Ask("second", "May I bring an umbrella or ink pens?", ("you may not bring into the map room", "ink pens")),
    ),
    *render_traps(
        "adjacent lists",
        "maps",
        "md html",
        READING_ROOM,
        Ask("first", "May I bring a magnifying glass?", ("you may bring into the map room", "a magnifying glass")),
    ),
    *render_traps(
        "steps",
        "radiator",
        "md txt rst html epub docx pdf",
        RADIATOR,
        Ask(
            "all",
            "How do I bleed a radiator?",
            ("to bleed a radiator", "turn off the circulation pump", "hold a cup", "open the valve", "close the valve"),
        ),
    ),
    *render_traps(
        "steps",
        "station",
        "md rst html docx",
        SERVER,
        Ask(
            "with-code",
            "How do I link the weather station to an account?",
            ("in three steps", "ask for a code", "pelna code --new", "enter the code on", "press the red button twice"),
        ),
    ),
    *render_traps(
        "far lead-in",
        "stove",
        "md rst html docx",
        GUARANTEE,
        Ask("far", "Do I lose the guarantee if I paint the door?", ("you lose the guarantee if you", "paint the door")),
    ),
    *render_traps(
        "list",
        "boat",
        "md rst html",
        BOAT,
        Ask(
            "bold-lead-in",
            "Can I take my bicycle on the boat?",
            ("you cannot take on the boat", "bicycles", "folded bicycles in a bag are not meant"),
        ),
        Ask("item", "Can I take prams on the boat?", ("you cannot take on the boat", "prams")),
    ),
    *render_traps(
        "task list",
        "ferry-house",
        "md txt",
        TODO,
        Ask("open", "Is the hand pump repaired?", ("[ ] repair the hand pump",)),
    ),
    *make_traps(
        "task list",
        "ferry-house.html",
        TODO_HTML,
        Ask("open", "Is the hand pump repaired?", ("[ ] repair the hand pump",)),
    ),
]
