#include "libexec/model/mint.hpp"
#include "libexec/base/random.hpp"
#include <doctest/doctest.h>

using namespace libexec;

TEST_SUITE("model/mint") {
    TEST_CASE("a mint is printed as Solana prints it") {
        const char* const text = "So11111111111111111111111111111111111111112";
        const auto mint = Mint::parse(text);
        REQUIRE(mint);
        CHECK(mint->to_string() == text);
        CHECK(mint->bytes().front() == 0x06);
        CHECK(Mint{}.to_string() == "11111111111111111111111111111111");
    }

    TEST_CASE("text that is not 32 bytes of base58 is no mint") {
        for (const char* text : {"", "SOL", "0OIl", "So1111111111111111111111111111111111111111",
                                 "So111111111111111111111111111111111111111122222"}) {
            CAPTURE(text);
            CHECK_FALSE(Mint::parse(text));
        }
        CHECK_FALSE(Mint::parse(std::string(10'000, '2')));
    }

    TEST_CASE("any bytes survive base58") {
        Random random(11);
        for (int i = 0; i < 500; ++i) {
            std::vector<std::uint8_t> bytes(random.below(70));
            for (auto& byte : bytes)
                byte = static_cast<std::uint8_t>(random.below(4) == 0 ? 0 : random.next());
            const auto back = from_base58(to_base58(bytes.data(), bytes.size()));
            REQUIRE(back);
            CHECK(*back == bytes);
        }
    }
}
