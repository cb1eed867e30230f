#include "libexec/access/gate.hpp"
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "support/hand_clock.hpp"

using namespace libexec;
using namespace libexec::test;
using namespace std::chrono_literals;

namespace {

ApiKey key_of(const std::string& id) {
    ApiKey key;
    key.id = id;
    key.name = "a desk";
    key.account = "acme";
    key.scopes = Scopes::parse("read,trade").value();
    return key;
}

/// A gate with one bearer, one signer, and the time in hand.
struct Doorway {
    explicit Doorway(GateConfig config = {}) : gate(config, {}, clock) {
        bearer = key_of("bearer1");
        token = give_secret(bearer).to_string();
        signer_key = key_of("signer1");
        signer_key.kind = ApiKey::Kind::ed25519;
        signer_key.proof = signer.public_key();
        gate.replace({bearer, signer_key});
        clock.pass(1h);
    }

    std::variant<Caller, Denial> bear(const std::string& authorization,
                                      std::string_view address = "127.0.0.1") {
        Credentials shown;
        shown.method = "GET";
        shown.target = "/api/orders";
        shown.address = address;
        shown.authorization = authorization;
        return gate.admit(shown);
    }

    /// What a client sends; any of it may be changed before it goes.
    struct Letter {
        std::string method = "POST", target = "/api/orders/execute?x=1", body = "{}", id = "signer1";
        std::string timestamp, nonce, signature;
    };
    Letter letter(std::chrono::milliseconds off = 0ms) {
        Letter made;
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now().time_since_epoch());
        made.timestamp = std::to_string((ms + off).count());
        made.nonce = new_nonce();
        seal(made);
        return made;
    }
    void seal(Letter& made) const {
        made.signature =
            signer.sign({made.id, made.method, made.target, made.timestamp, made.nonce, made.body});
    }
    std::variant<Caller, Denial> hand_in(const Letter& made) {
        Credentials shown;
        shown.method = made.method;
        shown.target = made.target;
        shown.body = made.body;
        shown.address = "127.0.0.1";
        shown.api_key = made.id;
        shown.timestamp = made.timestamp;
        shown.nonce = made.nonce;
        shown.signature = made.signature;
        return gate.admit(shown);
    }

    HandClock clock;
    Gate gate;
    ApiKey bearer, signer_key;
    std::string token;
    const SigningKey signer = SigningKey::generate("signer1");
};

bool let_in(const std::variant<Caller, Denial>& verdict) { return std::holds_alternative<Caller>(verdict); }
std::string why(const std::variant<Caller, Denial>& verdict) {
    return let_in(verdict) ? "let in" : std::get<Denial>(verdict).detail;
}

}  // namespace

TEST_SUITE("access/gate") {
    TEST_CASE("whoever holds the secret comes in as who the key says") {
        Doorway door;
        const auto verdict = door.bear("Bearer " + door.token);
        REQUIRE(let_in(verdict));
        const Caller& caller = std::get<Caller>(verdict);
        CHECK(caller.key_id == "bearer1");
        CHECK(caller.account == "acme");
        CHECK(caller.scopes.to_string() == "read,trade");
        CHECK(!caller.rate_per_minute);
        CHECK(let_in(door.bear("bEaReR   " + door.token)));
    }

    TEST_CASE("an unknown id, a wrong secret and a key of another kind get one and the same answer") {
        Doorway door;
        std::string wrong = door.token;
        wrong.back() = wrong.back() == '0' ? '1' : '0';
        const std::string stranger = "lx_nobody1_" + door.token.substr(door.token.rfind('_') + 1);
        const std::string other_kind = "lx_signer1_" + door.token.substr(door.token.rfind('_') + 1);
        for (const std::string& token : {wrong, stranger, other_kind, std::string("lx_"), std::string()}) {
            CAPTURE(token);
            CHECK(why(door.bear("Bearer " + token)) == "the API key is not valid");
        }
        // Revoked and expired keys too, unless the secret is right.
        door.bearer.revoked_at = door.clock.now();
        door.gate.replace({door.bearer});
        CHECK(why(door.bear("Bearer " + wrong)) == "the API key is not valid");
        CHECK(why(door.bear("Bearer " + door.token)) == "this API key was revoked");
        CHECK(why(door.bear("Basic abc")).find("must be Bearer") != std::string::npos);
        CHECK(why(door.gate.admit({})).find("asks for a key") != std::string::npos);
    }

    TEST_CASE("a key ends at its hour, is revoked at once and comes from where it may") {
        Doorway door;
        door.bearer.expires_at = door.clock.now() + 10s;
        door.gate.replace({door.bearer});
        CHECK(let_in(door.bear("Bearer " + door.token)));
        CHECK(door.gate.stands("bearer1"));
        door.clock.pass(10s);
        CHECK(why(door.bear("Bearer " + door.token)).find("expired at 2027-") != std::string::npos);
        CHECK(!door.gate.stands("bearer1"));
        door.bearer.expires_at.reset();
        door.bearer.addresses = {"10.0.0.0/8"};
        door.gate.replace({door.bearer});
        CHECK(let_in(door.bear("Bearer " + door.token, "10.9.9.9")));
        const auto elsewhere = door.bear("Bearer " + door.token, "192.0.2.1");
        CHECK(why(elsewhere) == "this API key may not be used from 192.0.2.1");
        CHECK(std::get<Denial>(elsewhere).kind == Denial::Kind::forbidden);
        CHECK(!door.gate.stands("nobody"));
    }

    TEST_CASE("a signature covers every part of the request") {
        Doorway door;
        CHECK(let_in(door.hand_in(door.letter())));
        using Spoil = void (*)(Doorway::Letter&);
        for (const Spoil spoil :
             {Spoil([](Doorway::Letter& l) { l.method = "PUT"; }),
              Spoil([](Doorway::Letter& l) { l.target = "/api/orders/execute?x=2"; }),
              Spoil([](Doorway::Letter& l) { l.target = "/api/orders/execute"; }),
              Spoil([](Doorway::Letter& l) { l.body = "{} "; }),
              Spoil([](Doorway::Letter& l) { l.body.clear(); }),
              Spoil([](Doorway::Letter& l) { l.nonce += "x"; }),
              Spoil([](Doorway::Letter& l) { l.timestamp.back() ^= 1; }),
              Spoil([](Doorway::Letter& l) { l.id = "nobody1"; }),
              Spoil([](Doorway::Letter& l) { l.id = "bearer1"; }),
              Spoil([](Doorway::Letter& l) { l.signature[10] = l.signature[10] == 'A' ? 'B' : 'A'; })}) {
            Doorway::Letter made = door.letter();
            spoil(made);
            CAPTURE(made.target);
            CHECK(why(door.hand_in(made)).find("the signature is not valid") == 0);
        }
        // Made for another purpose, with the same words.
        Doorway::Letter made = door.letter();
        made.signature.clear();
        CHECK(why(door.hand_in(made)).find("X-Signature: must be") == 0);
    }

    TEST_CASE("headers that are missing or badly written are named") {
        Doorway door;
        Credentials shown;
        shown.api_key = "signer1";
        CHECK(why(door.gate.admit(shown)).find("X-Timestamp: is missing") == 0);
        shown.authorization = "Bearer " + door.token;
        CHECK(why(door.gate.admit(shown)).find("send one of them") != std::string::npos);
        for (const char* timestamp : {"", "-5", "+5", "1e9", "12345678901234567890", "1 "}) {
            CAPTURE(timestamp);
            Doorway::Letter made = door.letter();
            made.timestamp = timestamp;
            CHECK(why(door.hand_in(made)).find("X-Timestamp: must be") == 0);
        }
        for (const std::string& nonce : {std::string(), std::string("a b"), std::string(65, 'n')}) {
            Doorway::Letter made = door.letter();
            made.nonce = nonce;
            CHECK(why(door.hand_in(made)).find("X-Nonce: must be") == 0);
        }
    }

    TEST_CASE("a signature counts once, and for its time") {
        Doorway door;
        const Doorway::Letter made = door.letter();
        CHECK(let_in(door.hand_in(made)));
        CHECK(why(door.hand_in(made)).find("X-Nonce: was used already") == 0);
        door.clock.pass(5s);
        CHECK(why(door.hand_in(made)).find("X-Nonce: was used already") == 0);
        door.clock.pass(1ms);
        CHECK(why(door.hand_in(made)).find("X-Timestamp: is 5001 ms old") == 0);
        // Ahead of us by a second at most, and remembered for as long as that makes it good.
        CHECK(why(door.hand_in(door.letter(1001ms))).find("X-Timestamp: is 1001 ms ahead") == 0);
        const Doorway::Letter early = door.letter(1000ms);
        CHECK(let_in(door.hand_in(early)));
        for (int i = 0; i < 60; ++i) {
            door.clock.pass(100ms);
            CHECK(!let_in(door.hand_in(early)));
        }
    }

    TEST_CASE("a clock that is set back makes no used signature good again") {
        Doorway door;
        const Doorway::Letter made = door.letter();
        CHECK(let_in(door.hand_in(made)));
        door.clock.pass(1min);
        CHECK(let_in(door.hand_in(door.letter())));  // forgets the first
        door.clock.pass(-1min);
        CHECK(why(door.hand_in(made)).find("old") != std::string::npos);
    }

    TEST_CASE("what was signed before the start is not taken: another run may have had it") {
        HandClock clock;
        const SigningKey signer = SigningKey::generate("signer1");
        ApiKey key = key_of("signer1");
        key.kind = ApiKey::Kind::ed25519;
        key.proof = signer.public_key();
        Gate gate({}, {key}, clock);
        const auto ask = [&](std::int64_t ms) {
            const std::string timestamp = std::to_string(ms);
            Credentials shown;
            shown.method = "GET";
            shown.target = "/";
            shown.api_key = "signer1";
            shown.timestamp = timestamp;
            shown.nonce = "n";
            const std::string signature = signer.sign({"", "GET", "/", timestamp, "n", ""});
            shown.signature = signature;
            return gate.admit(shown);
        };
        const std::int64_t start = clock.now().time_since_epoch().count() / 1'000;
        CHECK(why(ask(start - 1)).find("before the start") != std::string::npos);
        CHECK(let_in(ask(start)));
    }

    TEST_CASE("nonces that cannot be remembered are refused, not forgotten, and other keys go on") {
        GateConfig config;
        config.nonces.per_key = 3;
        Doorway door(config);
        const SigningKey other = SigningKey::generate("signer2");
        ApiKey second = door.signer_key;
        second.id = "signer2";
        second.proof = other.public_key();
        door.gate.replace({door.signer_key, second});
        const Doorway::Letter first = door.letter();
        CHECK(let_in(door.hand_in(first)));
        for (int i = 0; i < 2; ++i) CHECK(let_in(door.hand_in(door.letter())));
        const auto refused = door.hand_in(door.letter());
        CHECK(std::get<Denial>(refused).kind == Denial::Kind::too_many);
        CHECK(why(door.hand_in(first)).find("was used already") != std::string::npos);
        Doorway::Letter of_other = door.letter();
        of_other.id = "signer2";
        of_other.signature = other.sign(
            {"", of_other.method, of_other.target, of_other.timestamp, of_other.nonce, of_other.body});
        CHECK(let_in(door.hand_in(of_other)));
        door.clock.pass(6001ms);
        CHECK(let_in(door.hand_in(door.letter())));
    }

    TEST_CASE("the nonces of all keys together have a bound, and the old make room for the new") {
        NonceCache cache({4, 6});
        const Time start{};
        for (int i = 0; i < 3; ++i) {
            CHECK(cache.use("a", std::to_string(i), start, start + 1s) == NonceCache::Answer::fresh);
            CHECK(cache.use("b", std::to_string(i), start, start + 1s) == NonceCache::Answer::fresh);
        }
        CHECK(cache.size() == 6);
        CHECK(cache.use("c", "x", start + 1s, start + 2s) == NonceCache::Answer::full);
        CHECK(cache.use("a", "0", start + 1s, start + 2s) == NonceCache::Answer::used);
        CHECK(cache.use("c", "x", start + 1001ms, start + 2s) == NonceCache::Answer::fresh);
        CHECK(cache.size() == 1);
    }

    TEST_CASE("a ticket opens one door once, soon, as its key") {
        Doorway door;
        const Caller caller = std::get<Caller>(door.bear("Bearer " + door.token));
        const std::string ticket = door.gate.issue_ticket(caller).value();
        CHECK(ticket.size() == 64);
        CHECK(std::get<Caller>(door.gate.admit_ticket(ticket, "127.0.0.1")).account == "acme");
        CHECK(why(door.gate.admit_ticket(ticket, "127.0.0.1")).find("the ticket is not valid") == 0);
        CHECK(!let_in(door.gate.admit_ticket("", "127.0.0.1")));

        const std::string late = door.gate.issue_ticket(caller).value();
        door.clock.pass(30s);
        CHECK(!let_in(door.gate.admit_ticket(late, "127.0.0.1")));
        const std::string orphan = door.gate.issue_ticket(caller).value();
        door.bearer.revoked_at = door.clock.now();
        door.gate.replace({door.bearer});
        CHECK(why(door.gate.admit_ticket(orphan, "127.0.0.1")) == "this API key was revoked");
    }

    TEST_CASE("as many tickets wait as may, and those that are over make room") {
        Doorway door;
        const Caller caller = std::get<Caller>(door.bear("Bearer " + door.token));
        std::vector<std::string> tickets;
        for (std::size_t i = 0; i < TicketBox::per_key_most; ++i)
            tickets.push_back(door.gate.issue_ticket(caller).value());
        CHECK(!door.gate.issue_ticket(caller));
        CHECK(let_in(door.gate.admit_ticket(tickets[0], "127.0.0.1")));
        CHECK(door.gate.issue_ticket(caller));
        CHECK(!door.gate.issue_ticket(caller));
        door.clock.pass(30s);
        CHECK(door.gate.issue_ticket(caller));
    }

    TEST_CASE("keys may be replaced while others ask") {
        Doorway door;
        std::atomic<bool> stop{false};
        std::vector<std::thread> askers;
        std::atomic<int> wrong{0};
        for (int i = 0; i < 3; ++i) {
            askers.emplace_back([&] {
                while (!stop) {
                    const std::string said = why(door.bear("Bearer " + door.token));
                    if (said != "let in" && said != "this API key was revoked") ++wrong;
                    door.gate.stands("bearer1");
                }
            });
        }
        ApiKey revoked = door.bearer;
        revoked.revoked_at = door.clock.now();
        for (int i = 0; i < 200; ++i) door.gate.replace({i % 2 == 0 ? revoked : door.bearer});
        stop = true;
        for (std::thread& asker : askers) asker.join();
        CHECK(wrong == 0);
        CHECK(why(door.bear("Bearer " + door.token)) == "let in");
    }

    TEST_CASE("the example in docs/http-api.md is what this program signs") {
        // The seed of RFC 8032, section 7.1, test 1: nobody's key.
        const SigningKey key =
            SigningKey::parse(
                R"({"id":"k7p2m9qx4abc","secretKey":"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="})")
                .value();
        const SignedRequest request{
            "k7p2m9qx4abc",        "POST",
            "/api/orders/execute", "1767323045000",
            "5f2b8c1e9a7d4036",    R"({"tokenIn":"SOL","tokenOut":"USDC","amountIn":"10"})"};
        const std::string signature = key.sign(request);
        CHECK(verify_request(request, signature, key.public_key()));
        // A byte that is no letter of base64, though libsodium takes it for one.
        for (const std::size_t at : {std::size_t{0}, signature.size() / 2}) {
            std::string misspelt = signature;
            misspelt[at] = '\x80';
            CHECK_FALSE(verify_request(request, misspelt, key.public_key()));
            CHECK(SignatureHeaders{"id", "1767323045000", "n", misspelt}.describe_trouble().find(
                      "X-Signature: must be the base64") == 0);
        }
        CHECK(parse_public_key("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=") == key.public_key());

        std::ostringstream page;
        page << std::ifstream(HTTP_API_DOCUMENT).rdbuf();
        const std::string text = page.str();
        CAPTURE(canonical_request(request));
        CAPTURE(signature);
        CHECK(text.find("```\n" + canonical_request(request) + "```") != std::string::npos);
        CHECK(text.find("X-Signature: " + signature + "\n") != std::string::npos);
        CHECK(text.find("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=") != std::string::npos);
    }
}
