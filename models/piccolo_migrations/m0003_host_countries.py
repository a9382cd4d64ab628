"""The ten host countries to begin with, the ministry's hotline, and the counter of event numbers."""

import json
from uuid import UUID

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from models.directory import Contact, HostCountry
from models.events import Counter

ID = "2026-11-23T03:52:44:000000"
VERSION = "1.38.0"
DESCRIPTION = "host countries"

COUNTRIES = (
    ("TH", "thailand", "ថៃ", "Thailand", "Asia/Bangkok", "th"),
    ("KR", "korea", "កូរ៉េ", "Korea", "Asia/Seoul", "ko"),
    ("JP", "japan", "ជប៉ុន", "Japan", "Asia/Tokyo", "ja"),
    ("MY", "malaysia", "ម៉ាឡេស៊ី", "Malaysia", "Asia/Kuala_Lumpur", "ms en"),
    ("SG", "singapore", "សិង្ហបុរី", "Singapore", "Asia/Singapore", "en zh"),
    ("HK", "hong-kong", "ហុងកុង", "Hong Kong", "Asia/Hong_Kong", "zh en"),
    ("TW", "taiwan", "តៃវ៉ាន់", "Taiwan", "Asia/Taipei", "zh"),
    ("SA", "saudi-arabia", "អារ៉ាប៊ីសាអូឌីត", "Saudi Arabia", "Asia/Riyadh", "ar"),
    ("KW", "kuwait", "គុយវ៉ែត", "Kuwait", "Asia/Kuwait", "ar"),
    ("AE", "emirates", "អេមីរ៉ាតអារ៉ាប់រួម", "United Arab Emirates", "Asia/Dubai", "ar en"),
)
HOTLINE = UUID("1d3a7c52-0000-4000-8000-000000001297")
HOTLINE_LABEL = {
    "km": "ខ្សែទូរស័ព្ទក្រសួងការងារ (ការហៅពីបរទេស នៅរង់ចាំការបញ្ជាក់)",
    "en": "Ministry of Labour hotline (dialling from abroad to be confirmed)",
}


async def forwards() -> MigrationManager:
    """Data only; the rows are ordinary ones from here on."""
    manager = MigrationManager(migration_id=ID, app_name="models", description=DESCRIPTION)

    async def seed() -> None:
        # the columns of that time: models grow, migrations do not
        for position, (code, slug, khmer, english, zone, languages) in enumerate(COUNTRIES):
            names = json.dumps({"km": khmer, "en": english}, ensure_ascii=False)
            await HostCountry.raw(
                "INSERT INTO host_country (code, slug, names, time_zone, languages, position, paused)"
                " VALUES ({}, {}, {}, {}, {}, {}, false)",
                code,
                slug,
                names,
                zone,
                languages,
                position,
            )
        await Contact.raw(
            "INSERT INTO contact (id, kind, label, value, hours, position) VALUES ({}, {}, {}, {}, {}, {})",
            HOTLINE,
            "hotline",
            json.dumps(HOTLINE_LABEL, ensure_ascii=False),
            "1297",
            "",
            1000,
        )
        await Counter.raw("INSERT INTO counter (name, value) VALUES ({}, 0)", "event_number")

    manager.add_raw(seed)
    return manager
