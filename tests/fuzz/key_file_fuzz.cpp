// The key file: what is taken is written the same and reads the same again; what is not names its line.

#include <set>

#include "fuzz/fuzz_target.hpp"
#include "libexec/access/key_file.hpp"

using namespace libexec;
using fuzz::require;

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    const auto keys = parse_keys(text);
    if (!keys) {
        const std::string& why = keys.error().detail;
        require(why.starts_with("line ") && why.find(": ") != std::string::npos, "a refusal names the line");
        require(why.size() < 1'000, "a refusal is short");
        require(keys.error().reason == Reason::invalid_parameter, "and is about the file");
    } else {
        std::set<std::string> ids;
        for (const ApiKey& key : keys.value()) {
            require(describe_key_trouble(key).empty(), "a key that is taken keeps the rules");
            require(ids.insert(key.id).second, "no two keys have one id");
            require(!key.scopes.empty(), "a key may do something");
            const auto scopes = Scopes::parse(key.scopes.to_string());
            require(scopes && scopes.value() == key.scopes, "scopes read the same");
            key.may_come_from("192.0.2.1");
            key.may_come_from("2001:db8::1");
        }
        const std::string written = encode_keys(keys.value());
        const auto again = parse_keys(written);
        require(again && again.value() == keys.value(), "keys read the same as they were written");
        require(encode_keys(again.value()) == written, "and are written the same");
        // A line more makes it no other file before that line.
        const auto longer = parse_keys(written + "{\n");
        require(!longer, "a broken line is not passed over");
    }
    const auto scopes = Scopes::parse(text.substr(0, 64));
    if (scopes) require(!scopes.value().empty(), "a list of scopes names one");
    if (const auto bytes = parse_public_key(text.substr(0, 64)))
        require(text.substr(0, 64).size() == 44, "a public key is 44 letters");
    return 0;
}
