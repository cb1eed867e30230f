#include "libexec/model/venue_status.hpp"

namespace libexec {

std::string_view to_string(VenueState state) {
    switch (state) {
        case VenueState::active:
            return "active";
        case VenueState::open:
            return "open";
        case VenueState::half_open:
            return "half_open";
        case VenueState::held:
            return "held";
    }
    return "active";
}

}  // namespace libexec
