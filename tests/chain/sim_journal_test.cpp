#include "libexec/chain/sim/sim_journal.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "chain/sim_world.hpp"
#include "libexec/base/random.hpp"

using namespace libexec;
using Outcome = SimJournalLine::Outcome;

namespace {

SimJournalLine sent_line() {
    SimJournalLine line;
    line.outcome = Outcome::sent;
    line.slot = 300'000'001;
    line.height = 278'100'001;
    line.signature = "5sig";
    line.order = test::order_id(7);
    line.attempt = 2;
    line.amount_in = Amount(10);
    line.amount_out = Amount(Amount::most);
    line.fate = SimJournalLine::Fate::busy;
    line.due_slot = 300'000'004;
    line.last_valid_height = 278'100'020;
    line.executed_in = Amount(10);
    line.executed_out = Amount(11);
    line.limit = Amount(9);
    return line;
}

}  // namespace

TEST_SUITE("chain/sim_journal") {
    TEST_CASE("a line is flat JSON with amounts as text") {
        SimJournalLine line = sent_line();
        line.outcome = Outcome::landed_err;
        line.amount_in = Amount(0);
        line.amount_out = Amount(0);
        line.error = "account_in_use";
        CHECK(
            line.to_json() ==
            R"({"slot":300000001,"height":278100001,"outcome":"landed_err","signature":"5sig",)"
            R"("orderId":"00000000-0000-7000-8000-000000000007","attempt":2,"amountIn":"0","amountOut":"0",)"
            R"("error":"account_in_use"})");
    }

    TEST_CASE("what is written is read back, for every outcome") {
        SimJournalLine start;
        start.slot = 1;
        start.at = Time(std::chrono::microseconds(1'800'000'000'000'001));
        start.time_scale_ppm = 1'000'000;
        CHECK(SimJournalLine::parse(start.to_json()) == start);
        CHECK(SimJournalLine::parse(sent_line().to_json()) == sent_line());
        for (const Outcome outcome : {Outcome::landed_ok, Outcome::landed_err, Outcome::dropped}) {
            SimJournalLine line;
            line.outcome = outcome;
            line.signature = "5sig";
            line.order = test::order_id(7);
            line.attempt = 1;
            line.amount_out = Amount(outcome == Outcome::landed_ok ? 5u : 0u);
            if (outcome == Outcome::landed_err) line.error = "slippage_exceeded";
            CHECK(SimJournalLine::parse(line.to_json()) == line);
        }
    }

    TEST_CASE("anything else is refused, and no bytes do harm") {
        const std::string good = sent_line().to_json();
        for (std::size_t size = 0; size < good.size(); ++size)
            CHECK_FALSE(SimJournalLine::parse(good.substr(0, size)));
        CHECK_FALSE(SimJournalLine::parse(good + " "));
        CHECK_FALSE(SimJournalLine::parse(" " + good));
        Random random(5);
        for (int i = 0; i < 20'000; ++i) {
            std::string bad = good;
            bad[random.below(bad.size())] = static_cast<char>(random.below(256));
            const auto line = SimJournalLine::parse(bad);
            CAPTURE(bad);
            if (line && line->to_json() != bad) {
                // Only letter case of the id and leading zeros have a second spelling.
                REQUIRE(SimJournalLine::parse(line->to_json()) == line);
            }
        }
    }

    TEST_CASE("a missing journal is empty, a torn last line is counted apart, a foreign line is named") {
        test::TempDir folder;
        const std::string path = folder.file("chain.journal");
        std::vector<SimJournalLine> lines;
        const auto keep = [&](const SimJournalLine& line) { lines.push_back(line); };
        CHECK(read_sim_journal(path, keep).lines == 0);

        std::ofstream(path) << sent_line().to_json() << "\n" << sent_line().to_json();
        const SimJournalSize size = read_sim_journal(path, keep);
        CHECK(size.lines == 1);
        CHECK(size.whole_bytes == sent_line().to_json().size() + 1);
        CHECK(size.torn_bytes == sent_line().to_json().size());
        CHECK(lines.size() == 1);

        std::ofstream(path) << sent_line().to_json() << "\nhello\n";
        CHECK_THROWS_WITH(read_sim_journal(path, keep),
                          ("line 2 of the simulated chain's journal " + path +
                           " is not one of ours: move the file away to start a new chain")
                              .c_str());
    }
}
