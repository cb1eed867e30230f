// Requests as the network brings them: where it cuts them never matters, and what is understood once is
// understood again when it is written down plainly.

#include <algorithm>
#include <vector>

#include "fuzz/fuzz_target.hpp"
#include "net/request_reader.hpp"

using namespace libexec;
using fuzz::require;

namespace {

// Small, so that short inputs reach every limit.
constexpr RequestLimits small{.header_bytes_max = 1'024, .header_fields_max = 16, .body_bytes_max = 2'048};
constexpr RequestLimits ample{.header_bytes_max = 65'536, .header_fields_max = 64, .body_bytes_max = 65'536};

/// A request, or the refusal that took its place, with nothing that points into the reader.
struct Seen {
    int status = 200;
    std::string method, target, path, query, body;
    std::vector<std::pair<std::string, std::string>> fields;
    int version_minor = 0;
    bool keep_alive = false;

    friend bool operator==(const Seen&, const Seen&) = default;
};

Seen seen_by(const RequestReader& reader) {
    Seen seen;
    if (reader.refusal()) {
        seen.status = reader.refusal().status;
        return seen;
    }
    const HttpRequest& request = reader.request();
    seen.method = request.method;
    seen.target = request.target;
    seen.path = request.path;
    seen.query = request.query;
    seen.body = request.body;
    for (const HttpField& field : request.fields) seen.fields.emplace_back(field.name, field.value);
    seen.version_minor = request.version_minor;
    seen.keep_alive = reader.keep_alive();
    return seen;
}

std::vector<Seen> read(const RequestLimits& limits, const std::vector<std::string_view>& parts) {
    RequestReader reader(limits);
    std::vector<Seen> all;
    for (std::string_view part : parts) {
        while (!part.empty()) {
            const std::size_t used = reader.feed(part);
            require(used <= part.size(), "a reader takes no more than there is");
            require(reader.finished() || used == part.size(), "a reader that waits has taken everything");
            part.remove_prefix(used);
            if (!reader.finished()) continue;
            all.push_back(seen_by(reader));
            if (reader.refusal()) {
                require(reader.feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == 0,
                        "nothing is read after a refusal");
                return all;
            }
            if (!reader.keep_alive()) return all;
            reader.reset();
        }
    }
    return all;
}

/// What says how long a request is and must not be repeated beside a plain length. Names that only begin like
/// Transfer-Encoding count: http_parser takes them for it, and with a length then refuses what could be
/// taken.
bool frames(std::string_view name) {
    constexpr std::string_view coding = "transfer-encoding";
    if (equal_ignoring_case(name.substr(0, coding.size()), coding)) return true;
    for (const std::string_view other : {"content-length", "expect", "trailer"}) {
        if (equal_ignoring_case(name, other)) return true;
    }
    return false;
}

/// The same request with a plain length and no expectations.
std::string written_plainly(const Seen& request) {
    std::string text =
        request.method + " " + request.target + " HTTP/1." + std::to_string(request.version_minor) + "\r\n";
    for (const auto& [name, value] : request.fields) {
        if (!frames(name)) text += name + ": " + value + "\r\n";
    }
    if (!request.body.empty()) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    return text + "\r\n" + request.body;
}

void check_understood(const Seen& request) {
    require(request.body.size() <= small.body_bytes_max, "a body keeps to its limit");
    require(request.fields.size() <= small.header_fields_max, "fields keep to their limit");
    require(!request.method.empty() && std::all_of(request.method.begin(), request.method.end(),
                                                   [](char c) { return c > 0x20 && c < 0x7f; }),
            "a method is visible ASCII");
    require(request.path == "*" || request.path.starts_with('/'), "a path starts with a slash");
    for (const auto& [name, value] : request.fields) {
        const auto control = [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; };
        require(!name.empty() && std::none_of(value.begin(), value.end(), control),
                "no field carries a control character");
    }

    const std::vector<Seen> again = read(ample, {written_plainly(request)});
    require(again.size() == 1 && again[0].status == 200, "a request that was understood is understood again");
    require(again[0].method == request.method && again[0].path == request.path &&
                again[0].query == request.query && again[0].body == request.body &&
                again[0].keep_alive == request.keep_alive,
            "and says the same");

    if (const auto decoded = percent_decode(request.path)) {
        std::string encoded;
        constexpr std::string_view hex = "0123456789abcdef";
        for (const char c : *decoded) {
            const auto byte = static_cast<unsigned char>(c);
            encoded += {'%', hex[byte >> 4], hex[byte & 15]};
        }
        require(percent_decode(encoded) == decoded, "every byte survives percent-encoding");
    }
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    const std::vector<Seen> whole = read(small, {bytes});

    for (std::uint64_t which = 0; which < 3; ++which) {
        const std::size_t cut = fuzz::cut_of(bytes, which);
        require(read(small, {bytes.substr(0, cut), bytes.substr(cut)}) == whole, "a cut changes nothing");
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
    require(read(small, single) == whole, "single bytes change nothing");

    for (const Seen& request : whole) {
        if (request.status == 200) {
            check_understood(request);
        } else {
            require(request.status >= 400 && request.status < 600, "a refusal is an error");
        }
    }
    return 0;
}
