#include "libexec/model/venue_status.hpp"

namespace libexec {

std::string_view to_string(VenueState state) {
    switch (state) {
        case VenueState::active:
            return "active";
    }
    return "active";
}

}  // namespace libexec
