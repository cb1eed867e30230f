#include "libexec/chain/sim/chain_wire.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "libexec/chain/sim/sim_troubles.hpp"
#include "libexec/json/value.hpp"
#include "support/swaps.hpp"

using namespace libexec;

namespace {

constexpr std::array all_ops{ChainOp::hello,        ChainOp::anchor,    ChainOp::send,
                             ChainOp::observe,      ChainOp::finalized, ChainOp::status,
                             ChainOp::declare_dead, ChainOp::troubles,  ChainOp::trouble};

/// A call with something in every member that its kind has.
ChainCall full_call(ChainOp op) {
    ChainCall call(op);
    call.id = UINT64_MAX;
    const bool about = op == ChainOp::send || op == ChainOp::observe || op == ChainOp::declare_dead;
    if (about) {
        call.order = test::order_id(7);
        call.attempt = 3;
        call.last_valid_height = 278'100'020;
    }
    if (about || op == ChainOp::status) call.signature = "5KtPn1LGuxhFiwjxErkxTb7XxtLVYUBe6Cn33ej7ATNV";
    if (op == ChainOp::send) call.bytes = {0, 1, 127, 128, 255};
    if (op == ChainOp::finalized || op == ChainOp::status) call.node = 2;
    if (op == ChainOp::status) call.min_context_slot = 300'000'000;
    if (op == ChainOp::trouble) {
        call.name = "node-2";
        call.value = "lag=8+\"silent\"\n";
    }
    return call;
}

std::string refusal(const std::string& line) {
    const Result<ChainCall> call = decode_chain_call(line);
    REQUIRE_FALSE(call);
    CHECK(call.error().reason == Reason::invalid_body);
    return call.error().detail;
}

}  // namespace

TEST_SUITE("chain/chain_wire") {
    TEST_CASE("a call is one line of JSON, and is read back as it was") {
        for (const ChainOp op : all_ops) {
            const ChainCall call = full_call(op);
            const std::string line = encode_chain_call(call);
            CAPTURE(line);
            CHECK(line.find('\n') == std::string::npos);
            const Result<ChainCall> back = decode_chain_call(line);
            REQUIRE(back);
            CHECK(back.value() == call);
        }
        CHECK(encode_chain_call(full_call(ChainOp::send)) ==
              R"({"id":18446744073709551615,"op":"send","orderId":"00000000-0000-7000-8000-000000000007",)"
              R"("attempt":3,"signature":"5KtPn1LGuxhFiwjxErkxTb7XxtLVYUBe6Cn33ej7ATNV",)"
              R"("lastValidHeight":278100020,"bytes":"00017f80ff"})");
    }

    TEST_CASE("the largest call is shorter than the longest line") {
        ChainCall call = full_call(ChainOp::send);
        call.bytes.assign(4'096, 0xff);
        call.signature = std::string(128, 'z');
        const std::string line = encode_chain_call(call);
        CHECK(line.size() < chain_line_bytes_max);
        CHECK(decode_chain_call(line));
        call.bytes.push_back(0);
        CHECK(refusal(encode_chain_call(call)) == "bytes must be a text of at most 8192 bytes");
    }

    TEST_CASE("answers are read back as they were") {
        ChainReply reply(ChainOp::anchor, 1);
        reply.anchor.blockhash = "EkSnNWid2cvwEVnVx9aBqawnmiCNiDgp3gUdkDPTKN1N";
        reply.anchor.last_valid_height = 5;
        reply.anchor.slot = 6;
        CHECK(decode_chain_reply(encode_chain_reply(reply)).value().anchor.blockhash ==
              reply.anchor.blockhash);

        Landed landed;
        landed.ok = true;
        landed.commitment = Commitment::finalized;
        landed.slot = 300'000'007;
        landed.amount_in = Amount(1);
        landed.amount_out = Amount(Amount::most);
        landed.fee_lamports = 5'000;
        ChainReply seen(ChainOp::observe, 2);
        seen.landed = landed;
        const ChainReply back = decode_chain_reply(encode_chain_reply(seen)).value();
        REQUIRE(back.landed);
        CHECK(back.landed->ok);
        CHECK(back.landed->commitment == Commitment::finalized);
        CHECK(back.landed->slot == 300'000'007);
        CHECK(back.landed->amount_in == Amount(1));
        CHECK(back.landed->amount_out == Amount(Amount::most));
        CHECK(back.landed->fee_lamports == 5'000);

        seen.landed->ok = false;
        seen.landed->error = reject(Reason::account_in_use, "held \"elsewhere\"");
        CHECK(decode_chain_reply(encode_chain_reply(seen)).value().landed->error == seen.landed->error);

        ChainReply error(ChainOp::send, 3);
        error.error = reject(Reason::stale_blockhash, std::string(2'000, 'x'));
        const ChainReply told = decode_chain_reply(encode_chain_reply(error)).value();
        CHECK(told.error->reason == Reason::stale_blockhash);
        CHECK(told.error->detail == std::string(1'024, 'x'));

        ChainReply status(ChainOp::status, 4);
        status.status.found = true;
        status.status.context_slot = 9;
        CHECK(decode_chain_reply(encode_chain_reply(status)).value().status.found);
        CHECK(decode_chain_reply(encode_chain_reply(status)).value().status.context_slot == 9);
    }

    TEST_CASE("a hostile line is refused with the member and its rule") {
        CHECK(refusal("[]") == "a line is one JSON object");
        CHECK_FALSE(refusal("").empty());
        CHECK_FALSE(refusal("{\"id\":1,").empty());
        CHECK_FALSE(refusal(std::string("{\"id\":1}\0", 9)).empty());
        CHECK(refusal("{}") == "op must be a text of at most 64 bytes");
        CHECK(refusal(R"({"id":1,"op":"launch"})") == "op is not one of ours");
        CHECK(refusal(R"({"op":"anchor"})") == "id must be a whole number up to 18446744073709551615");
        CHECK(refusal(R"({"id":-1,"op":"anchor"})").starts_with("id must"));
        CHECK(refusal(R"({"id":"1","op":"anchor"})").starts_with("id must"));
        CHECK(refusal(R"({"id":1e2,"op":"anchor"})").starts_with("id must"));
        CHECK(refusal(R"({"id":1,"op":"finalized","node":16})") == "node must be a whole number up to 15");
        CHECK(refusal(R"({"id":1,"op":"status","node":0,"signature":"a b","minContextSlot":0})") ==
              "signature must be letters and digits");
        CHECK(refusal(R"({"id":1,"op":"status","node":0,"signature":12,"minContextSlot":0})") ==
              "signature must be a text of at most 128 bytes");
        CHECK(
            refusal(
                R"({"id":1,"op":"status","node":0,"signature":"a","minContextSlot":9223372036854775808})") ==
            "minContextSlot must be a whole number up to 9223372036854775807");
        CHECK(refusal(std::string(chain_line_bytes_max + 1, ' ')) == "a line is longer than 16384");
        const std::string deep(1'000, '[');
        CHECK_FALSE(refusal(R"({"id":1,"op":"anchor","more":)" + deep).empty());
        for (const char* bytes : {"", "0", "0g", "AB", "0x"}) {
            CAPTURE(bytes);
            CHECK(
                refusal(R"({"id":1,"op":"send","orderId":"00000000-0000-7000-8000-000000000007","attempt":1,)"
                        R"("signature":"5","lastValidHeight":1,"bytes":")" +
                        std::string(bytes) + "\"}") == "bytes must be 1 to 4096 bytes in lower-case hex");
        }
    }

    TEST_CASE("an answer without its decisive member is no answer") {
        const auto bad = [](const char* line) { return !decode_chain_reply(line); };
        CHECK(bad(R"({"id":1,"op":"status","done":1,"contextSlot":5})"));
        CHECK(bad(R"({"id":1,"op":"status","done":1,"found":false,"contextSlot":5})"));
        CHECK(bad(R"({"id":1,"op":"status","done":1,"found":2,"contextSlot":5})"));
        CHECK(bad(R"({"id":1,"op":"observe","done":1,"landed":0})"));
        CHECK(bad(R"({"id":1,"op":"observe","done":1,"landed":1,"mayBeDead":0,"ok":1})"));
        CHECK(bad(R"({"id":1,"op":"declare_dead","done":1})"));
        CHECK(bad(R"({"id":1,"op":"send"})"));
        CHECK(bad(R"({"id":1,"op":"send","done":0})"));
        CHECK(bad(R"({"id":1,"op":"send","done":0,"reason":"because","detail":"x"})"));
        CHECK_FALSE(bad(R"({"id":1,"op":"send","done":1})"));
    }

    TEST_CASE("an address is sim://HOST:PORT and nothing else") {
        CHECK(parse_chain_address("sim://127.0.0.1:4100") == ChainAddress{"127.0.0.1", 4100});
        CHECK(parse_chain_address("sim://chain.local:1")->host == "chain.local");
        CHECK(parse_chain_address("sim://[::1]:65535") == ChainAddress{"::1", 65535});
        for (const char* text : {"", "sim", "sim://", "sim://host", "sim://host:", "sim://host:0",
                                 "sim://host:65536", "sim://:4100", "sim://::1:4100", "sim://a b:1",
                                 "http://host:1", "sim://host:4100/", "sim://host:+1", "SIM://host:1"}) {
            CAPTURE(text);
            CHECK_FALSE(parse_chain_address(text));
        }
        CHECK(to_text(ChainAddress{"::1", 5}) == "sim://[::1]:5");
        CHECK(to_text(ChainAddress{"localhost", 5}) == "sim://localhost:5");
    }

    TEST_CASE("faults are switched by name, told in the same words, and a bad word changes nothing") {
        SimTroubles troubles;
        CHECK(to_text(troubles) == "none");
        for (const auto& [name, value] :
             std::vector<std::pair<std::string, std::string>>{{"stall", "on"},
                                                              {"drop", "0.3"},
                                                              {"late", "1"},
                                                              {"fork", "0.000001"},
                                                              {"lost_request", "0.25"},
                                                              {"lost_reply", "0.5"},
                                                              {"duplicate", "0.1"},
                                                              {"node-1", "silent"},
                                                              {"node-2", "forgets+lag=8"},
                                                              {"node-3", "slot_as_height"}}) {
            const Result<SimTroubles> next = switched(troubles, name, value);
            REQUIRE(next);
            CHECK_FALSE(next.value() == troubles);
            troubles = next.value();
        }
        CHECK(to_text(troubles) ==
              "stall=on drop=0.3 late=1 fork=0.000001 lost_request=0.25 lost_reply=0.5 duplicate=0.1 "
              "node-1=silent node-2=forgets+lag=8 node-3=slot_as_height");
        SimTroubles again;
        for (const auto& [name, value] : listed(troubles)) again = switched(again, name, value).value();
        CHECK(again == troubles);
        CHECK(switched(troubles, "node-2", "honest").value().nodes[1] == SimNodeFaults());
        CHECK(switched(troubles, "drop", "0").value().drop == 0);
        CHECK(switched(troubles, "all", "off").value() == SimTroubles());

        for (const auto& [name, value] :
             std::vector<std::pair<std::string, std::string>>{{"drop", "1.1"},
                                                              {"drop", "-1"},
                                                              {"drop", ""},
                                                              {"drop", "0.0000001"},
                                                              {"stall", "1"},
                                                              {"all", "on"},
                                                              {"node-0", "silent"},
                                                              {"node-4", "silent"},
                                                              {"node-1", ""},
                                                              {"node-1", "silent+"},
                                                              {"node-1", "lag="},
                                                              {"node-1", "lag=-1"},
                                                              {"node-1", "lag=1000001"},
                                                              {"node-1", "asleep"},
                                                              {"drops", "0.5"},
                                                              {"", ""}}) {
            CAPTURE(name);
            CAPTURE(value);
            const Result<SimTroubles> refused = switched(troubles, name, value);
            REQUIRE_FALSE(refused);
            CHECK(refused.error().reason == Reason::invalid_parameter);
            CHECK_FALSE(refused.error().detail.empty());
        }
    }
}
