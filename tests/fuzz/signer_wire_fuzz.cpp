// What a signer process and its clients read from each other: what is read is written the same, what is not
// is named.

#include <algorithm>

#include "fuzz/fuzz_target.hpp"
#include "libexec/chain/solana/signer_wire.hpp"

using namespace libexec;
using fuzz::require;

namespace {

void check_refusal(const Rejection& why) {
    require(why.reason == Reason::invalid_body, "a refusal is about the frame");
    require(!why.detail.empty() && why.detail.size() < 300, "and is short");
}

void check_request(std::string_view text) {
    const auto request = decode_signer_request(text);
    if (!request) return check_refusal(request.error());
    const std::string spelled = encode_signer_request(request.value());
    const auto again = decode_signer_request(spelled);
    require(static_cast<bool>(again), "what was read can be said");
    require(encode_signer_request(again.value()) == spelled, "a request has one spelling");
    require(again.value().transaction.message == request.value().transaction.message, "the message stays");
}

void check_answer(std::string_view text) {
    const auto answer = decode_signer_answer(text);
    if (!answer) return check_refusal(answer.error());
    const SignerAnswer& read = answer.value();
    const int parts = (read.wallet ? 1 : 0) + (read.transaction ? 1 : 0) + (read.error ? 1 : 0);
    require(parts == 1, "an answer says one thing");
    const std::string spelled = encode_signer_answer(read);
    require(encode_signer_answer(decode_signer_answer(spelled).value()) == spelled, "and has one spelling");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    check_request(text);
    check_answer(text);
    SignerFrameHead head{};
    std::copy_n(data, std::min(size, head.size()), head.begin());
    const auto announced = signer_frame_size(head);
    if (announced) {
        require(announced.value() > 0 && announced.value() <= signer_frame_bytes_max, "a frame is bounded");
        const std::string frame = to_signer_frame(std::string(announced.value(), 'x'));
        require(std::equal(head.begin(), head.end(), frame.begin(),
                           [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }),
                "a length has one spelling");
    } else {
        check_refusal(announced.error());
    }
    return 0;
}
