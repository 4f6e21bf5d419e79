"""Questions with a day, number, version, name or negation, about documents that have sentences for other ones, too."""

from tests.support.samples import docx, docx_paragraph

DOCUMENTS: dict[str, str | bytes] = {
    "library.md": (
        "# Norvil library\n\nThe Norvil library opens at nine in the morning from Monday to Friday. On Saturdays it "
        "opens at eleven and closes at two. The reading group meets in the library on Wednesday evenings.\n"
    ),
    "pool.html": (
        "<title>Swimming pool</title><h1>Swimming pool</h1><table><tr><th>Day</th><th>Opens</th><th>Closes</th></tr>"
        "<tr><td>Mon–Thu</td><td>7:00</td><td>21:00</td></tr><tr><td>Friday</td><td>7:00</td><td>22:00</td></tr>"
        "<tr><td>Sat and Sun</td><td>9:00</td><td>18:00</td></tr></table>"
    ),
    "castle.md": (
        "# Castle tickets\n\n- Adults pay twelve euros for the castle.\n- Children pay five euros for the castle.\n"
        "- Students pay eight euros for the castle if they show a card.\n"
    ),
    "ferry.csv": "Season,First ferry,Fare\nMay to September,6:30,4 euros\nOctober to March,8:00,3 euros\n",
    "settings.md": (
        "# Norvil player\n\n## Windows\n\nThe settings of the player are kept in a folder below AppData.\n\n"
        "## Linux\n\nThe settings of the player are kept in the hidden folder for configuration.\n"
    ),
    "requirements.md": (
        "# Requirements of Tarn\n\nTarn 2.2 needs Java 11 and a gigabyte of disk. Tarn 2.3 needs Java 17 and two "
        "gigabytes of disk. The plugins run with Python 3.9 or later.\n"
    ),
    "wizard.md": (
        "# Wizards\n\nAt level 3 a wizard learns the spell of frost. At level 5 a wizard learns the spell of fire.\n\n"
        "At level 9 or higher a wizard may own a tower.\n"
    ),
    "rooms.docx": docx(
        docx_paragraph("Meeting rooms", "Heading1")
        + docx_paragraph("Room 12 has a projector and a piano. Room 14 has a whiteboard and a kitchen.")
        + docx_paragraph("Rooms 20 to 25 have a balcony that looks over the garden.")
    ),
    "animals.md": (
        "# Animals in the park\n\nDogs are allowed on the meadow by the lake. Dogs are not allowed in the rose garden. "
        "Bicycles may be ridden without lights on the main path until dusk.\n"
    ),
    "hosting.md": (
        "# Hosting\n\nA server with 2 GB of memory holds twenty players. A server with 8 GB of memory holds ninety "
        "players.\n"
    ),
    "festival.md": (
        "# Lantern festival\n\nIn 2019 the lantern festival had four thousand visitors. In 2021 the lantern festival "
        "had nine hundred visitors because of the rain.\n"
    ),
    "atlas.md": "# Atlas\n\nThe map on page 3 shows the harbour. The map on page 7 shows the old town.\n",
    "sneaking.md": (
        "# Sneaking\n\nIn the Java Edition, players sneak with the left shift key. In the Bedrock Edition, players "
        "sneak with the right stick.\n"
    ),
    "extension.md": (
        "# Bookmark helper\n\n| Browser | Where the helper is |\n|---|---|\n| Firefox | behind the puzzle menu |\n"
        "Chrome | beside the address bar\n"
    ),
    "gym.md": (
        "# Gym\n\n| Course | Day | Time |\n|---|---|---|\n| Yoga | Monday | 18:00 |\n| Yoga | Thursday | "
        "19:30 |\n| Boxing | Tuesday | 20:00 |\n\nThe sauna is open on weekdays from noon. At the "
        "weekend the sauna opens at ten.\n"
    ),
    "parking.md": (
        "# Parking\n\n- Residents of zone 1 pay 30 euros a year.\n- Residents of zone 2 pay 45 euros a "
        "year.\n- Residents of zones 3 to 6 pay 60 euros a year.\n\nParking is free in August.\n"
    ),
    "chess.txt": (
        "Beginners meet in the cellar on Mondays at six. Advanced players meet in the attic on Thursdays "
        "at eight.\n\nThe club is closed from July to August. From September to June it costs ten euros "
        "a month.\n"
    ),
    "api.md": (
        "# Limits\n\n## API v1\n\nClients may send 60 requests per minute.\n\n## API v2\n\nClients may "
        "send 300 requests per minute.\n"
    ),
    "printer.html": (
        "<h1>Printer</h1><h2>Model X100</h2><p>The paper tray holds 150 sheets of paper.</p><h2>Model "
        "X200</h2><p>The paper tray holds 500 sheets of paper.</p>"
    ),
    "smith.md": "# Smith\n\n- Rank II anvils cost 40 crowns.\n- Rank III anvils cost 70 crowns.\n",
    "mill.md": ("# Mill on holidays\n\n- Whit Monday, 25 May: closed\n- Mill day, 4 May: open from 11:00 to 15:00\n"),
    "boots.csv": "Size,Length,Stock\n38,24 cm,12 pairs\n40,25 cm,3 pairs\n42,27 cm,none\n",
    "train.md": (
        "# Night train\n\nOn workdays the night train leaves at 22:40. On Sundays and public holidays "
        "the night train leaves at 23:15.\n\nUp to 4 people travel in a compartment. Compartments for 6 "
        "people have no window.\n"
    ),
    "grants.md": (
        "# Grants\n\nThe 2022 round supported twelve projects. The 2023 round supported nineteen "
        "projects. The next round is open until March.\n"
    ),
    "lamp.md": "# Lamp\n\nThe lamp can be used outside without a cover. The lamp must not be used in the bath.\n",
    "backup.md": (
        "# Backup\n\nTo restore a backup on Debian, use the tool called tarn-restore. To restore a "
        "backup on Fedora, use the tool called tarn-recover.\n"
    ),
}
# The question, and the sentence or the row that answers it.
ANSWERED = [
    ("When does the Norvil library open on Saturdays?", "On Saturdays it opens at eleven and closes at two."),
    ("When does the library open on a Saturday?", "On Saturdays it opens at eleven and closes at two."),
    (
        "When does the Norvil library open on Wednesdays?",
        "The Norvil library opens at nine in the morning from Monday to Friday.",
    ),
    ("What time does the library open at the weekend?", "On Saturdays it opens at eleven and closes at two."),
    (
        "What time does the library open on weekdays?",
        "The Norvil library opens at nine in the morning from Monday to Friday.",
    ),
    ("When does the pool close on Tuesdays?", "Day: Mon–Thu; Opens: 7:00; Closes: 21:00."),
    ("When does the pool close on Fridays?", "Day: Friday; Opens: 7:00; Closes: 22:00."),
    ("When does the swimming pool open on Sunday?", "Day: Sat and Sun; Opens: 9:00; Closes: 18:00."),
    ("How much do children pay for the castle?", "Children pay five euros for the castle."),
    ("How much do students pay for the castle?", "Students pay eight euros for the castle if they show a card."),
    ("When does the first ferry leave in July?", "Season: May to September; First ferry: 6:30; Fare: 4 euros."),
    ("How much is the fare of the ferry in December?", "Season: October to March; First ferry: 8:00; Fare: 3 euros."),
    (
        "Where are the settings of the player kept on Windows?",
        "The settings of the player are kept in a folder below AppData.",
    ),
    (
        "Where are the settings of the player kept on Linux?",
        "The settings of the player are kept in the hidden folder for configuration.",
    ),
    ("Which Java does Tarn 2.2 need?", "Tarn 2.2 needs Java 11 and a gigabyte of disk."),
    ("How much disk does version 2.3 of Tarn need?", "Tarn 2.3 needs Java 17 and two gigabytes of disk."),
    ("Do the plugins of Tarn run with Python 3.11?", "The plugins run with Python 3.9 or later."),
    ("Do the plugins of Tarn run with Python 2.7?", "The plugins run with Python 3.9 or later."),  # by implication
    ("What does an anvil of rank 3 cost?", "Rank III anvils cost 70 crowns."),
    ("What does a rank two anvil cost?", "Rank II anvils cost 40 crowns."),
    ("Is the mill open on Monday 4 May?", "Mill day, 4 May: open from 11:00 to 15:00"),
    ("Is the pool open on Fridays?", "Day: Friday; Opens: 7:00; Closes: 22:00."),
    ("Which spell does a wizard learn at level 5?", "At level 5 a wizard learns the spell of fire."),
    ("What may a wizard own at level 12?", "At level 9 or higher a wizard may own a tower."),
    ("What does room 14 have?", "Room 14 has a whiteboard and a kitchen."),
    ("What does room 22 look over?", "Rooms 20 to 25 have a balcony that looks over the garden."),
    ("Where are dogs not allowed?", "Dogs are not allowed in the rose garden."),
    ("Where are dogs allowed?", "Dogs are allowed on the meadow by the lake."),
    ("How many players does a server with 8 GB of memory hold?", "A server with 8 GB of memory holds ninety players."),
    ("How many players does a server with 2 GB hold?", "A server with 2 GB of memory holds twenty players."),
    (
        "How many visitors did the lantern festival have in 2021?",
        "In 2021 the lantern festival had nine hundred visitors because of the rain.",
    ),
    ("What does the map on page 7 show?", "The map on page 7 shows the old town."),
    (
        "How do players sneak in the Bedrock Edition?",
        "In the Bedrock Edition, players sneak with the right stick.",
    ),
    ("Where is the bookmark helper in Chrome?", "Chrome | beside the address bar"),
    ("When is yoga on Thursdays?", "Yoga | Thursday | 19:30"),
    ("What time is yoga on Monday?", "Yoga | Monday | 18:00"),
    ("When does the sauna open on Saturday?", "At the weekend the sauna opens at ten."),
    ("When does the sauna open on Tuesdays?", "The sauna is open on weekdays from noon."),
    ("How much do residents of zone 2 pay?", "Residents of zone 2 pay 45 euros a year."),
    ("How much do residents of zone 5 pay?", "Residents of zones 3 to 6 pay 60 euros a year."),
    ("Where do advanced players meet?", "Advanced players meet in the attic on Thursdays at eight."),
    ("How much does the chess club cost in October?", "From September to June it costs ten euros a month."),
    ("How many requests may clients send per minute in API v2?", "Clients may send 300 requests per minute."),
    ("How many requests may clients send per minute in API v1?", "Clients may send 60 requests per minute."),
    ("How many sheets does the tray of the X100 hold?", "The paper tray holds 150 sheets of paper."),
    ("How many sheets does the tray of the X200 hold?", "The paper tray holds 500 sheets of paper."),
    ("How long is size 40?", "Size: 40; Length: 25 cm; Stock: 3 pairs."),
    ("When does the night train leave on Sundays?", "On Sundays and public holidays the night train leaves at 23:15."),
    ("When does the night train leave on Wednesdays?", "On workdays the night train leaves at 22:40."),
    ("Can 3 people travel in a compartment?", "Up to 4 people travel in a compartment."),
    ("How many projects did the 2023 round support?", "The 2023 round supported nineteen projects."),
    ("Where must the lamp not be used?", "The lamp must not be used in the bath."),
    ("Where can the lamp be used?", "The lamp can be used outside without a cover."),
    ("Which tool restores a backup on Fedora?", "To restore a backup on Fedora, use the tool called tarn-recover."),
    ("When is parking free?", "Parking is free in August."),
]
REFUSED = [
    "What does a rank iv anvil cost?",
    "What does a rank 5 anvil cost?",
    "Is the mill open on 6 April?",
    "When does the Norvil library open on Sundays?",
    "What time does the Norvil library open on Sunday?",
    "What time does the swimming pool close at Easter?",
    "When does the first ferry leave in April?",
    "How much is the fare of the ferry in April?",
    "Where are the settings of the player kept on macOS?",
    "Where are the settings of the player kept on Android?",
    "Which Java does Tarn 2.4 need?",
    "How much disk does version 1.9 of Tarn need?",
    "Which spell does a wizard learn at level 4?",
    "Which spell does a wizard learn at level 8?",
    "What does room 13 have?",
    "What does room 27 look over?",
    "How many players does a server with 16 GB of memory hold?",
    "How many players does a server with 4 GB hold?",
    "How many visitors did the lantern festival have in 2020?",
    "How many visitors did the lantern festival have in 1998?",
    "What does the map on page 5 show?",
    "What does the map on page 12 show?",
    "How do players sneak in the Education Edition?",
    "Where is the bookmark helper in Safari?",
    "When is yoga on Fridays?",
    "What time is boxing on Saturdays?",
    "How much do residents of zone 9 pay?",
    "How many requests may clients send per minute in API v3?",
    "How many sheets does the tray of the X300 hold?",
    "How long is size 44?",
    "When does the night train leave on Saturdays?",
    "How many projects did the 2019 round support?",
    "Which tool restores a backup on Windows?",
    "Which tool restores a backup on openSUSE?",
    "When is parking free in December?",
    "Where do members of level 7 meet?",
]
