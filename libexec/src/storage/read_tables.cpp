#include "read_tables.hpp"

namespace libexec {

OrderId id_floor(Time since) {
    using namespace std::chrono;
    const auto ms = duration_cast<milliseconds>((since - minutes(1)).time_since_epoch()).count();
    Uuid::Bytes bytes{};
    for (std::size_t i = 0; i < 6 && ms > 0; ++i) {
        bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(ms) >> (8 * (5 - i)));
    }
    return OrderId(bytes);
}

}  // namespace libexec
