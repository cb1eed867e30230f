#include <doctest/doctest.h>

#include <map>

#include "chain/sim_world.hpp"

using namespace libexec;
using namespace std::chrono_literals;
using Outcome = SimJournalLine::Outcome;

namespace {

constexpr std::uint64_t keys = 80;

SimTroubles forks(std::uint32_t rate_ppm) {
    SimTroubles troubles;
    troubles.fork = rate_ppm;
    return troubles;
}

struct Signature {
    int landed = 0;  ///< landings that no fork took back
    int forked = 0;
    bool dropped = false;
    std::uint64_t last_slot = 0;
};

std::map<std::string, Signature> read_signatures(const test::SimWorld& world) {
    std::map<std::string, Signature> found;
    for (const SimJournalLine& line : world.journal()) {
        if (line.outcome == Outcome::start) continue;
        Signature& one = found[line.signature];
        if (line.outcome == Outcome::landed_ok) ++one.landed;
        if (line.outcome == Outcome::dropped) one.dropped = true;
        if (line.outcome == Outcome::forked) {
            --one.landed;
            ++one.forked;
            CHECK(line.slot > one.last_slot);
            CHECK(line.slot < one.last_slot + 3);  // never once it was final
        }
        one.last_slot = line.slot;
    }
    return found;
}

std::string journal_text(const test::SimWorld& world) {
    std::string text;
    for (const SimJournalLine& line : world.journal()) text += line.to_json() + "\n";
    return text;
}

std::vector<Attempt> send_some(test::SimWorld& world) {
    std::vector<Attempt> attempts;
    for (std::uint64_t key = 1; key <= keys; ++key) {
        attempts.push_back(world.attempt(key));
        REQUIRE(world.send(attempts.back()));
        world.time.pass(37ms);
    }
    return attempts;
}

}  // namespace

TEST_SUITE("chain/sim_fork") {
    TEST_CASE(
        "a fork takes landings back before they are final; the chain's last word agrees with its journal") {
        test::TempDir folder;
        SimChainConfig config = test::calm_chain();
        config.journal_path = folder.file("chain.journal");
        config.call_latency = 0ms;
        test::SimWorld world(config);
        world.chain->set_troubles(forks(500'000));
        int undone = 0;
        std::map<std::string, std::string> ends;
        const std::vector<Attempt> attempts = send_some(world);
        std::map<std::string, bool> seen_landed;
        for (int round = 0; round < 150; ++round) {
            for (const Attempt& attempt : attempts) {
                const Observation seen = world.observe(attempt);
                const Landed* const landed = std::get_if<Landed>(&seen);
                if (landed == nullptr && std::exchange(seen_landed[attempt.signature], false)) ++undone;
                if (landed != nullptr) seen_landed[attempt.signature] = true;
                const bool dead = std::holds_alternative<ProvablyDead>(seen);
                const bool final = landed != nullptr && landed->commitment == Commitment::finalized;
                const auto known = ends.find(attempt.signature);
                if (known != ends.end()) CHECK(test::outcome_text(seen) == known->second);
                if (dead || final) ends[attempt.signature] = test::outcome_text(seen);
            }
            world.time.pass(100ms);
        }
        REQUIRE(ends.size() == keys);
        const auto signatures = read_signatures(world);
        REQUIRE(signatures.size() == keys);
        int forked = 0;
        int dead = 0;
        for (const auto& [signature, one] : signatures) {
            CAPTURE(signature);
            const bool died = ends[signature] == "dead";
            CHECK(one.landed == (died ? 0 : 1));
            CHECK(one.dropped == died);
            forked += one.forked > 0 ? 1 : 0;
            dead += died ? 1 : 0;
        }
        CHECK(forked > 15);
        CHECK(dead > 5);
        CHECK(dead < forked);  // some of them landed again
        CHECK(undone > 0);     // and an engine that looked saw it
    }

    TEST_CASE("forks are the same on every run of a seed") {
        std::string first;
        for (int run = 0; run < 2; ++run) {
            test::TempDir folder;
            SimChainConfig config = test::calm_chain();
            config.journal_path = folder.file("chain.journal");
            test::SimWorld world(config);
            world.chain->set_troubles(forks(300'000));
            send_some(world);
            world.time.pass(60s);
            world.anchor();
            const std::string text = journal_text(world);
            CHECK(text.find("\"forked\"") != std::string::npos);
            if (run == 0) first = text;
            if (run == 1) CHECK(text == first);
        }
    }

    TEST_CASE("a chain that is opened again carries on what a fork took back") {
        test::TempDir folder;
        SimChainConfig config = test::calm_chain();
        config.journal_path = folder.file("chain.journal");
        test::SimWorld world(config);
        world.chain->set_troubles(forks(1'000'000));
        std::vector<Attempt> attempts;
        for (std::uint64_t key = 1; key <= 30; ++key) {
            attempts.push_back(world.attempt(key));
            REQUIRE(world.send(attempts.back()));
        }
        // Until the first landings were taken back, then a world without forks.
        while (journal_text(world).find("\"forked\"") == std::string::npos) {
            world.time.pass(400ms);
            world.anchor();
        }
        world.open();
        int landed = 0;
        for (const Attempt& attempt : attempts) {
            const std::string end = test::outcome_text(world.watch(attempt));
            CHECK((end == "dead" || end.starts_with("ok")));
            landed += end == "dead" ? 0 : 1;
        }
        CHECK(landed > 0);
        int in_journal = 0;
        for (const auto& [signature, one] : read_signatures(world)) {
            CHECK(one.landed <= 1);
            in_journal += one.landed;
        }
        CHECK(in_journal == landed);
    }

    TEST_CASE("a forked line is read back, and only after a landing") {
        SimJournalLine line;
        line.outcome = Outcome::forked;
        line.slot = 5;
        line.signature = "5sig";
        line.fate = SimJournalLine::Fate::drops;
        line.due_slot = 9;
        CHECK(SimJournalLine::parse(line.to_json()) == line);

        test::TempDir folder;
        SimChainConfig config = test::calm_chain();
        config.journal_path = folder.file("chain.journal");
        {
            test::SimWorld world(config);
            REQUIRE(world.send(world.attempt(1)));
            line.signature = world.journal().back().signature;
        }
        std::FILE* const file = std::fopen(config.journal_path.c_str(), "a");
        REQUIRE(file != nullptr);
        std::fputs((line.to_json() + "\n").c_str(), file);
        std::fclose(file);
        CHECK_THROWS_AS(test::SimWorld{config}, std::runtime_error);
    }

    TEST_CASE("late and drop can be switched while it runs, and switched off") {
        test::SimWorld world(test::calm_chain());
        SimTroubles troubles;
        troubles.late = 1'000'000;
        world.chain->set_troubles(troubles);
        const Attempt late = world.attempt(1);
        REQUIRE(world.send(late));
        const Observation arrived = world.watch(late);
        REQUIRE(std::holds_alternative<Landed>(arrived));
        CHECK(std::get<Landed>(arrived).slot > late.anchor_slot + 15);

        troubles = SimTroubles();
        troubles.drop = 1'000'000;
        world.chain->set_troubles(troubles);
        const Attempt dropped = world.attempt(2);
        REQUIRE(world.send(dropped));
        world.chain->set_troubles(SimTroubles());
        CHECK(std::holds_alternative<ProvablyDead>(world.watch(dropped)));

        const Attempt calm = world.attempt(3);
        REQUIRE(world.send(calm));
        CHECK(std::holds_alternative<Landed>(world.watch(calm)));
    }

    TEST_CASE("a stall that is switched on halts the slots, and off lets them go on") {
        test::SimWorld world(test::calm_chain());
        const Attempt attempt = world.attempt(1);
        REQUIRE(world.send(attempt));
        SimTroubles troubles;
        troubles.stall = true;
        world.chain->set_troubles(troubles);
        const std::uint64_t slot = world.chain->slot();
        world.time.pass(60s);
        CHECK(world.chain->slot() == slot);
        CHECK(std::holds_alternative<Unknown>(world.observe(attempt)));
        world.chain->set_troubles(SimTroubles());
        CHECK(std::holds_alternative<Landed>(world.watch(attempt)));
    }
}
