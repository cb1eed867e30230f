#include "libexec/solana/key_pair.hpp"
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>
#include <type_traits>
#include <vector>
#include "support/temp_dir.hpp"

using namespace libexec;

namespace {

static_assert(!std::is_copy_constructible_v<KeyPair> && std::is_nothrow_move_constructible_v<KeyPair>);

// A seed of 200s, so that no number of it is in a path or a count.
std::vector<int> numbers_of_a_pair() {
    std::vector<std::uint8_t> seed(32, 200);
    const KeyPair pair = KeyPair::from_seed(std::span<const std::uint8_t, 32>(seed.data(), 32));
    std::vector<int> numbers(seed.begin(), seed.end());
    numbers.insert(numbers.end(), pair.public_key().bytes().begin(), pair.public_key().bytes().end());
    return numbers;
}

std::string array_of(const std::vector<int>& numbers, const std::string& comma = ",") {
    std::string text = "[";
    for (std::size_t i = 0; i < numbers.size(); ++i)
        text += (i == 0 ? "" : comma) + std::to_string(numbers[i]);
    return text + "]";
}

class KeyFile {
public:
    explicit KeyFile(const std::string& text, mode_t mode = 0600) {
        std::ofstream(path_) << text;
        REQUIRE(::chmod(path_.c_str(), mode) == 0);
    }
    const std::string& path() const { return path_; }
    Result<KeyPair> read() const { return read_key_pair_file(path_); }
    std::string refusal() const {
        const auto pair = read();
        REQUIRE_FALSE(pair);
        CHECK(pair.error().reason == Reason::invalid_parameter);
        CHECK(pair.error().detail.find(path_) != std::string::npos);
        CHECK(pair.error().detail.find("200") == std::string::npos);  // not a number of the key
        return pair.error().detail;
    }

private:
    test::TempDir folder_;
    std::string path_ = folder_.file("id.json");
};

}  // namespace

TEST_SUITE("solana/key_pair") {
    TEST_CASE("a file as solana-keygen writes it holds its pair") {
        const auto numbers = numbers_of_a_pair();
        for (const std::string& text : {array_of(numbers), array_of(numbers, " ,\n\t ") + "\n",
                                        " " + array_of(numbers, ", ") + "\r\n"}) {
            const KeyFile file(text);
            const auto pair = file.read();
            if (!pair) FAIL(pair.error().detail);
            CHECK(std::equal(numbers.begin() + 32, numbers.end(), pair.value().public_key().bytes().begin()));
            const std::vector<std::uint8_t> message{1, 2, 3};
            const Signature signature = pair.value().sign(message);
            CHECK(is_signed_by(pair.value().public_key(), message, signature));
            CHECK_FALSE(
                is_signed_by(pair.value().public_key(), std::vector<std::uint8_t>{1, 2, 4}, signature));
        }
    }

    TEST_CASE("a pair that moved still signs") {
        std::vector<std::uint8_t> seed(32, 9);
        KeyPair first = KeyPair::from_seed(std::span<const std::uint8_t, 32>(seed.data(), 32));
        const Signature signature = first.sign(seed);
        const KeyPair second = std::move(first);
        CHECK(second.sign(seed) == signature);
    }

    TEST_CASE("a file others can reach is refused with the fix") {
        const std::string text = array_of(numbers_of_a_pair());
        for (const mode_t mode : {0640, 0604, 0610, 0601, 0622, 0644, 0660, 0666}) {
            CAPTURE(mode);
            const KeyFile file(text, mode);
            CHECK(file.refusal().find("chmod 600") != std::string::npos);
        }
        CHECK(KeyFile(text, 0400).read());
    }

    TEST_CASE("a file of somebody else is refused") {
        if (::geteuid() != 0) {
            MESSAGE("skipped: only root can give a file away");
            return;
        }
        const KeyFile file(array_of(numbers_of_a_pair()));
        REQUIRE(::chown(file.path().c_str(), 12'345, 12'345) == 0);
        CHECK(file.refusal().find("belongs to user 12345") != std::string::npos);
    }

    TEST_CASE("what is no key pair is refused without a word of it") {
        const auto numbers = numbers_of_a_pair();
        auto other = numbers;
        other[63] ^= 1;
        CHECK(KeyFile(array_of(other)).refusal().find("public half") != std::string::npos);
        other = numbers;
        other[0] = 201;
        CHECK(KeyFile(array_of(other)).refusal().find("public half") != std::string::npos);
        other = numbers;
        other.pop_back();
        CHECK(KeyFile(array_of(other)).refusal().find("no comma behind number 63") != std::string::npos);
        other = numbers;
        other.push_back(1);
        CHECK(KeyFile(array_of(other)).refusal().find("does not end with ]") != std::string::npos);
        other = numbers;
        other[4] = 256;
        CHECK(KeyFile(array_of(other)).refusal().find("in place 5") != std::string::npos);
        other[4] = -1;
        CHECK(KeyFile(array_of(other)).refusal().find("in place 5") != std::string::npos);
        other[4] = 2'000;
        CHECK(KeyFile(array_of(other)).refusal().find("in place 5") ==
              std::string::npos);  // a digit too many
        CHECK(KeyFile(array_of(numbers) + "x").refusal().find("goes on") != std::string::npos);
        CHECK(KeyFile("").refusal().find("does not begin with [") != std::string::npos);
        CHECK(KeyFile("{}").refusal().find("does not begin with [") != std::string::npos);
        CHECK(KeyFile("[").refusal().find("in place 1") != std::string::npos);
        CHECK(KeyFile("[01").refusal().find("in place 1") != std::string::npos);
        CHECK(KeyFile(std::string(5'000, ' ')).refusal().find("larger than 4096") != std::string::npos);
    }

    TEST_CASE("what is no file is refused") {
        const test::TempDir folder;
        for (const std::string& path : {folder.file("none"), folder.file("")}) {
            const auto pair = read_key_pair_file(path);
            REQUIRE_FALSE(pair);
            CHECK(pair.error().detail.find(path) != std::string::npos);
        }
    }
}
