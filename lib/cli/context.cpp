#include "cli/context.h"

namespace tenon::cli {

void Context::refuse_if_given(std::string_view long_name, std::string_view reason) const {
  if (!was_given(long_name)) return;
  const std::string_view dashes = long_name.substr(0, 2) == "--" ? "" : "--";
  throw Error(ErrorKind::Usage, std::string(dashes) + std::string(long_name) + " has no effect " +
                                    std::string(reason));
}

}  // namespace tenon::cli
