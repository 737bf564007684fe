"""python benchmarks/calibrate_unseen.py ROWS [--recipe recipes/python-reference.yaml]

Claim: the recipe's bounds drop planted faults whose texts were never seen while filters were made
about as often as those of `curate calibrate`. ROWS: good rows with passages (Parquet), such as the
held-out part of faq_pairs.py. For each fault of stock texts, both lots of texts are measured in one
run. Nobody may tune on the texts in this file: change them where somebody has.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from curate.calibrate import good, stock
from curate.calibrate.report import calibrate
from curate.progress import Silent
from curate.recipe import load

OTHERS = {
    "LEAKS": (
        "A: {}",
        "Response: {}",
        "<|im_start|>assistant\n{}",
        "{}<|endoftext|>",
        "<bot>: {}",
        "{}\n\nHuman: {q}",
        "### Answer\n{}",
        "<answer>{}</answer>",
        "{}\n\nUse only facts of the text, in at most two sentences.",
        "{}<eos>",
        '{"answer": "{}"}',
        "Output: {}",
    ),
    "CHATTER": (
        "As a large language model trained to help, I would say that {lower}",
        "Absolutely! {}",
        "Thanks for asking! {}",
        "I apologize, but I cannot answer that with what I know.",
        "{} Please let me know whether you need anything else!",
        "That's an interesting one. {}",
        "{} Happy to explain more if you like!",
        "Of course, I'd be happy to help. {}",
        "Unfortunately, I was not given any text, so that I can't tell.",
    ),
    "POINTERS": (
        "As the author says, {lower}",
        "In this excerpt, {lower}",
        "From what is written above, {lower}",
        "Using the context provided, {lower}",
        "As stated in this article, {lower}",
        "With reference to the snippet, {lower}",
    ),
    "HANGING": {
        "what": ("What are they?", "What happens to it then?", "What is the purpose of that?"),
        "why": ("Why would one do that?", "Why are they like this?"),
        "how": ("How are these made?", "How do they differ?"),
        "can": ("Can they be combined?", "Can one avoid it?"),
        "is": ("Is that always so?", "Is it required?"),
        "does": ("Does this apply here?", "Does it matter?"),
        "": ("Say more about it.", "List all of them.", "What is the main idea?"),
    },
    "LANGUAGES": {
        "cs": ("Pokud soubor neexistuje, program ohlásí chybu a skončí.",),
        "da": ("Hvis filen ikke findes, melder programmet en fejl og stopper.",),
        "de": ("Wenn die Datei fehlt, meldet das Programm einen Fehler und endet.",),
        "el": ("Αν το αρχείο δεν υπάρχει, το πρόγραμμα αναφέρει σφάλμα και σταματά.",),
        "es": ("Si el archivo no existe, el programa avisa del error y termina.",),
        "fi": ("Jos tiedostoa ei ole, ohjelma ilmoittaa virheestä ja päättyy.",),
        "fr": ("Si le fichier n'existe pas, le programme signale une erreur et s'arrête.",),
        "hu": ("Ha a fájl nem létezik, a program hibát jelez és leáll.",),
        "ro": ("Dacă fișierul nu există, programul anunță o eroare și se oprește.",),
        "th": ("หากไม่มีไฟล์ โปรแกรมจะแจ้งข้อผิดพลาดแล้วหยุดทำงาน",),
        "uk": ("Якщо файлу немає, програма повідомляє про помилку і завершується.",),
        "vi": ("Nếu tệp không tồn tại, chương trình báo lỗi rồi dừng lại.",),
    },
    "NAMES": ("Marchetti", "Solvang", "Quillon", "Perrault", "Dunmore", "Castellan"),
    "SNAKE": ("prune_stale_keys", "burst_window", "open_vault", "tile_height_px"),
    "CAMEL": ("VaultOpener", "TileCursor", "BurstLimiter", "StaleKeyError"),
    "UPPER": ("WLKC", "GHTP", "MVBQ", "FJXD"),
}
"""In place of the tables of `curate.calibrate.stock`."""

SHOWN = ("leak", "chatter", "dangling", "language", "invented")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("rows", type=Path)
    options.add_argument("--recipe", default="recipes/python-reference.yaml")
    chosen = options.parse_args()
    filters = load(chosen.recipe).filters
    rows = good.chosen(good.read(chosen.rows), 30, 10_000)
    known = shares(rows, filters)
    for name, texts in OTHERS.items():
        setattr(stock, name, texts)
    fresh = shares(rows, filters)
    print(f"{'fault':10} {'known':>7} {'unseen':>7}   share dropped, of {rows.height} good rows")
    for fault in SHOWN:
        print(f"{fault:10} {known[fault]:7.1%} {fresh[fault]:7.1%}")


def shares(rows, filters) -> dict[str, float]:  # noqa: ANN001
    report = calibrate(rows, filters, Silent(), 0, 0.5)
    return {line["fault"]: line["dropped"] for line in report.drops.to_dicts()}


if __name__ == "__main__":
    main()
