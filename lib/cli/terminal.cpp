#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/environment.h"

namespace tenon::cli {

bool is_terminal(int descriptor) {
  return ::isatty(descriptor) == 1;
}

int terminal_columns(int descriptor) {
  constexpr int kUsual = 80;
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

bool use_color(const std::string& when, int descriptor) {
  if (when == "always") return true;
  if (when == "never") return false;
  const auto terminal = environment("TERM");
  return is_terminal(descriptor) && !environment("NO_COLOR") && terminal && *terminal != "dumb";
}

std::string styled(std::string_view text, Style style, bool is_on) {
  if (!is_on || style == Style::Plain) return std::string(text);
  const char* code = style == Style::Red      ? "\x1b[1;31m"
                     : style == Style::Yellow ? "\x1b[1;33m"
                     : style == Style::Cyan   ? "\x1b[1;36m"
                                              : "\x1b[1m";
  return code + std::string(text) + "\x1b[0m";
}

}  // namespace tenon::cli
