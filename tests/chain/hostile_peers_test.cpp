#include <doctest/doctest.h>

#include "chain/remote_chain_world.hpp"
#include "chain/wire_peers.hpp"

using namespace libexec;
using namespace libexec::test;

TEST_SUITE("chain/hostile_peers") {
    TEST_CASE("whoever speaks nonsense is told so and cut, and the others are served on") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        Engine engine(process.port());
        engine.attempt(1);
        const std::string hello = encode_chain_call(ChainCall(ChainOp::hello)) + "\n";
        for (const std::string& words :
             {std::string("GET / HTTP/1.1\r\n\r\n"), std::string("\n"), std::string("{}\n"),
              std::string("{\"id\":1,\"op\":\"anchor\"}\n"),
              std::string("{\"id\":1,\"op\":\"hello\",\"version\":2}\n"),
              std::string(3 * chain_line_bytes_max, 'x'), hello + "{\"id\":2,\"op\":\"launch\"}\n"}) {
            CAPTURE(words.substr(0, 60));
            RawClient client(process.port());
            client.say(words);
            if (words.starts_with(hello)) CHECK(client.hear_line().find("\"done\":1") != std::string::npos);
            const std::string heard = client.hear_all();
            // A reset may swallow the sentence when it has more to read than it will.
            if (words.size() < 1'000) CHECK(heard.find("\"reason\":\"invalid_body\"") != std::string::npos);
        }
        {
            RawClient half(process.port());
            half.say("{\"id\":1,");
        }
        CHECK(engine.attempt(2).last_valid_height > 0);
    }

    TEST_CASE("more engines than it takes are refused with a sentence, and come in when one leaves") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        const std::string hello = encode_chain_call(ChainCall(ChainOp::hello)) + "\n";
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(std::make_unique<RawClient>(process.port()));
            clients.back()->say(hello);
            CHECK(clients.back()->hear_line().find("\"done\":1") != std::string::npos);
        }
        RawClient surplus(process.port());
        CHECK(surplus.hear_all().find("queue_full") != std::string::npos);
        clients.clear();
        Engine engine(process.port());
        CHECK(engine.attempt(1).last_valid_height > 0);
    }

    TEST_CASE("faults are switched over the wire, and a bad one is refused by its rule") {
        const TempDir folder;
        ChainProcess process(quick_chain(folder));
        RawClient client(process.port());
        client.say(encode_chain_call(ChainCall(ChainOp::hello)) + "\n");
        client.hear_line();
        ChainCall call(ChainOp::trouble);
        call.id = 1;
        call.name = "fork";
        call.value = "0.25";
        client.say(encode_chain_call(call) + "\n");
        CHECK(decode_chain_reply(client.hear_line()).value().troubles == "fork=0.25");
        call.value = "2";
        client.say(encode_chain_call(call) + "\n");
        const ChainReply refused = decode_chain_reply(client.hear_line()).value();
        REQUIRE(refused.error);
        CHECK(refused.error->reason == Reason::invalid_parameter);
        ChainCall all(ChainOp::troubles);
        client.say(encode_chain_call(all) + "\n");
        CHECK(decode_chain_reply(client.hear_line()).value().troubles == "fork=0.25");
    }

    TEST_CASE("a false chain is found out: an error, never a verdict, and another try") {
        ChainReply wrong(ChainOp::send, 1);
        ChainReply liar(ChainOp::declare_dead, 1);
        for (const std::string& answer :
             {std::string("what?\n"), encode_chain_reply(wrong) + "\n", encode_chain_reply(liar) + "\n",
              std::string(2 * chain_line_bytes_max, 'x'), std::string()}) {
            CAPTURE(answer.substr(0, 60));
            FalseChain false_chain(answer);
            Engine engine(false_chain.port(), 100ms);
            CHECK(engine.run(engine.chain->anchor()).error().reason == Reason::service_unavailable);
            Attempt attempt = signed_attempt(engine.time, some_plan(1, 1), Anchor());
            CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
            if (!answer.empty()) CHECK(engine.becomes([&] { return false_chain.visits() > 1; }));
        }
    }

    TEST_CASE("nobody there is an error in good time") {
        std::uint16_t port = 0;
        {
            const FalseChain closing(" ");
            port = closing.port();
        }
        Engine engine(port);
        Attempt attempt = signed_attempt(engine.time, some_plan(1, 1), Anchor());
        CHECK_FALSE(engine.chain->health());
        CHECK(engine.send(attempt).error().reason == Reason::service_unavailable);
        CHECK(std::holds_alternative<Unknown>(engine.observe(attempt)));
    }
}
