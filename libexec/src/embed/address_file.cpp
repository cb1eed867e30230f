#include "address_file.hpp"

#include <charconv>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <stdexcept>

namespace libexec {
namespace {

using Words = std::vector<std::string>;

/// Hands out each line that says something.
void for_each_line(const std::string& path,
                   const std::function<void(const Words&, const std::string&)>& take) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read the file " + path);
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
        ++number;
        std::istringstream text(line.substr(0, line.find('#')));
        Words words;
        for (std::string word; text >> word;) words.push_back(std::move(word));
        if (!words.empty()) take(words, path + ", line " + std::to_string(number) + ": ");
    }
    if (file.bad()) throw std::runtime_error("cannot read the file " + path);
}

PublicKey address_of(const std::string& word, const std::string& where) {
    const auto key = PublicKey::parse(word);
    if (!key) throw std::runtime_error(where + "'" + word + "' is no address: it must be base58 of 32 bytes");
    return *key;
}

std::uint64_t amount_of(const std::string& word, const std::string& where) {
    std::uint64_t value = 0;
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    if (error != std::errc{} || stop != end || value == 0)
        throw std::runtime_error(where + "'" + word + "' must be a whole number of base units above 0");
    return value;
}

}  // namespace

std::vector<PublicKey> read_pools_file(const std::string& path) {
    std::vector<PublicKey> pools;
    std::set<PublicKey> known;
    for_each_line(path, [&](const Words& words, const std::string& where) {
        if (words.size() != 1) throw std::runtime_error(where + "one address a line; a # begins a remark");
        const PublicKey pool = address_of(words.front(), where);
        if (!known.insert(pool).second)
            throw std::runtime_error(where + words.front() + " stands there already: remove one");
        pools.push_back(pool);
    });
    if (pools.empty()) throw std::runtime_error("the pools file " + path + " names no pool");
    return pools;
}

TransferBook read_transfer_file(const std::string& path) {
    TransferBook book;
    for_each_line(path, [&](const Words& words, const std::string& where) {
        if (words.size() == 2 && words.front() == "counterparty") {
            if (!book.keypair_file.empty())
                throw std::runtime_error(where + "there is a counterparty already");
            book.keypair_file = words.back();
            return;
        }
        if (words.size() != 4)
            throw std::runtime_error(where +
                                     "must be 'counterparty KEYPAIR_FILE' or 'MINT_IN PER_IN MINT_OUT "
                                     "PAYS_OUT'");
        FixedRatio ratio;
        ratio.mint_in = Mint(address_of(words[0], where).bytes());
        ratio.per_in = amount_of(words[1], where);
        ratio.mint_out = Mint(address_of(words[2], where).bytes());
        ratio.pays_out = amount_of(words[3], where);
        if (ratio.mint_in == ratio.mint_out) throw std::runtime_error(where + "both tokens are the same one");
        book.ratios.push_back(ratio);
    });
    if (book.keypair_file.empty() || book.ratios.empty())
        throw std::runtime_error("the file " + path + " must name a counterparty and what it trades");
    return book;
}

}  // namespace libexec
