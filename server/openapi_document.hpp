#pragma once

#include <string>

namespace libexec::server {

/// docs/openapi.json as it was when the program was built: the description of the interface in OpenAPI 3.1.
std::string openapi_document();

}  // namespace libexec::server
