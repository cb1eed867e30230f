// What a server may answer to a WebSocket client's handshake: cuts change no verdict, the head is bounded,
// and only the right answer to our key is agreed with. The same bytes are taken for a URL, too.

#include <algorithm>
#include <vector>

#include "fuzz/fuzz_target.hpp"
#include "net/upgrade_answer.hpp"
#include "net/ws_url.hpp"

using namespace libexec;
using fuzz::require;

namespace {

const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
const std::string accept_value = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // RFC 6455 section 1.3
constexpr std::size_t head_bytes_max = 600;

struct Verdict {
    UpgradeAnswer::Step step = UpgradeAnswer::Step::more;
    std::size_t used = 0;
    int status = 0;
    std::string why;
    std::optional<std::chrono::seconds> retry_after;

    friend bool operator==(const Verdict&, const Verdict&) = default;
};

Verdict read(const std::vector<std::string_view>& parts) {
    UpgradeAnswer answer(key, head_bytes_max);
    Verdict verdict;
    for (const std::string_view part : parts) {
        std::size_t used = 0;
        verdict.step = answer.consume(part, used);
        require(used <= part.size(), "a reader takes no more than there is");
        verdict.used += used;
        if (verdict.step != UpgradeAnswer::Step::more) break;
        require(used == part.size(), "a reader that waits has taken everything");
    }
    verdict.status = answer.status();
    verdict.why = answer.refusal().detail;
    verdict.retry_after = answer.retry_after();
    return verdict;
}

bool is_one_line(const std::string& text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

void check_answer(std::string_view bytes) {
    const Verdict whole = read({bytes});
    for (std::uint64_t which = 0; which < 3; ++which) {
        const std::size_t cut = fuzz::cut_of(bytes, which);
        require(read({bytes.substr(0, cut), bytes.substr(cut)}) == whole, "a cut changes nothing");
    }
    std::vector<std::string_view> single;
    for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
    require(single.empty() || read(single) == whole, "single bytes change nothing");

    require(whole.used <= head_bytes_max, "a head keeps to its bound");
    require(!whole.retry_after || *whole.retry_after <= std::chrono::hours(1), "nobody waits for ever");
    const std::string_view head = bytes.substr(0, whole.used);
    if (whole.step == UpgradeAnswer::Step::upgraded) {
        require(whole.status == 101, "101 is the only yes");
        require(head.find(accept_value) != std::string_view::npos, "it has answered to our key");
        require(head.ends_with("\n"), "what follows is left for the frames");
    }
    if (whole.step == UpgradeAnswer::Step::refused) {
        require(!whole.why.empty() && whole.why.size() < 200 && is_one_line(whole.why), "a no says why");
    }
}

void check_url(std::string_view text) {
    const Result<WsUrl> parsed = WsUrl::parse(text);
    if (!parsed) {
        require(parsed.error().reason == Reason::invalid_parameter, "a bad URL is the caller's mistake");
        return;
    }
    const WsUrl& url = parsed.value();
    require(url.port > 0 && !url.host.empty(), "there is somebody to connect to");
    require(url.target.starts_with('/'), "there is something to ask for");
    for (const std::string& part : {url.host, url.authority, url.target, url.name}) {
        require(is_one_line(part) && part.find(' ') == std::string::npos, "nothing gets into other headers");
    }
    const Result<WsUrl> again = WsUrl::parse((url.secure ? "wss://" : "ws://") + url.authority + url.target);
    require(again && again.value().host == url.host && again.value().port == url.port &&
                again.value().target == url.target && again.value().name == url.name,
            "its parts make the same URL");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    check_answer(bytes);
    check_url(bytes);
    return 0;
}
