// Typing instead of scanning: a whole code, a spoken one, or a name where the attaché allows it.
import { button, parts, say, words } from "./page.js";
import { wake } from "./signals.js";

export class Finding {
  constructor(scanner) {
    this.scanner = scanner;
    parts.type.addEventListener("click", () => {
      wake();
      parts.typing.showModal();
      parts.find.focus();
    });
    parts["find-form"].addEventListener("submit", (event) => {
      event.preventDefault();
      this.#find();
    });
  }

  async #find() {
    const text = parts.find.value.trim(),
      keys = this.scanner.seeing.keys.take();
    const wrong = (told) => {
      parts["find-wrong"].textContent = told;
      parts["find-wrong"].hidden = !told;
    };
    wrong("");
    parts.found.replaceChildren();
    if (text.length > 40) {
      parts.typing.close();
      parts.find.value = "";
      await this.scanner.scan(text, keys);
      return;
    }
    if (!text) return;
    let parties, sure;
    if (!this.scanner.courier.couldBe(text) && !this.scanner.book.facts.event?.search) {
      wrong(words.refusals.short_code_unknown);
      return;
    }
    try {
      ({ parties, sure } = await this.scanner.courier.find(text));
    } catch (error) {
      wrong(error.status ? error.detail : say("find_offline"));
      return;
    }
    if (!parties.length) wrong(say("nobody"));
    for (const party of parties)
      parts.found.append(
        button(`${party.name} · ${party.short_code} · ${party.party}`, () => this.#chosen(party), "quiet block"),
      );
    if (sure) await this.#chosen(parties[0]);
  }

  async #chosen(party) {
    const ticket =
      party.tickets.find((each) => ["valid", "waiting"].includes(each.state) && !each.admitted_at) ?? party.tickets[0];
    if (!ticket) return;
    parts.typing.close();
    parts.find.value = "";
    parts.found.replaceChildren();
    const found = await this.scanner.book.party(party.registration, ticket.number);
    await this.scanner.more({ ...found, name: party.name }, {});
  }
}
