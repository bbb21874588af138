#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <mutex>
#include <utility>

#include "cli/terminal.h"

namespace tenon::cli {
namespace {

constexpr double kFirstBarSeconds = 0.5;
constexpr double kBarSeconds = 0.1;
constexpr double kLineSeconds = 10;

std::string with_one_decimal(double value) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), value < 100 ? "%.1f" : "%.0f", value);
  return text.data();
}

// "7 s", "2 min 5 s", "3 h 20 min"
std::string time_in_words(double seconds) {
  constexpr double kLongest = 1e9;  // beyond any use, and safe to convert
  const auto whole = static_cast<long>(std::ceil(std::clamp(seconds, 0.0, kLongest)));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

struct Pace {
  std::string rate;  // "84.0/s"
  std::string left;  // "7 s left", or nothing where the end is not known
};

Pace pace_of(std::int64_t done, std::int64_t total, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  Pace pace{with_one_decimal(rate) + "/s", {}};
  if (total > 0 && rate > 0)
    pace.left = time_in_words(static_cast<double>(total - done) / rate) + " left";
  return pace;
}

class TimedProgress : public Progress {
 public:
  TimedProgress(Console& console, ProgressForm form, std::string label, std::int64_t total,
                std::function<double()> clock)
      : console_(console),
        is_bar_(form == ProgressForm::Bar),
        label_(std::move(label)),
        total_(total),
        clock_(std::move(clock)),
        start_(clock_()),
        next_(start_ + (is_bar_ ? kFirstBarSeconds : kLineSeconds)) {}

  ~TimedProgress() override {
    if (is_bar_) console_.erase_bar();
  }

  void set(std::int64_t done) override {
    const double now = clock_();
    const std::lock_guard lock(mutex_);
    if (now < next_) return;
    next_ = now + (is_bar_ ? kBarSeconds : kLineSeconds);
    const double seconds = now - start_;
    if (is_bar_) {
      console_.show_bar(bar_text(label_, done, total_, seconds, terminal_columns(STDERR_FILENO)));
    } else {
      console_.note(progress_line(label_, done, total_, seconds));
    }
  }

 private:
  Console& console_;
  bool is_bar_;
  std::string label_;
  std::int64_t total_;
  std::function<double()> clock_;
  double start_;
  double next_;
  std::mutex mutex_;
};

class NoProgress : public Progress {
 public:
  void set(std::int64_t) override {}
};

}  // namespace

std::string bar_text(const std::string& label, std::int64_t done, std::int64_t total,
                     double seconds, int columns) {
  constexpr int kMostCells = 30, kLeastCells = 5;
  const auto most = static_cast<std::size_t>(std::max(columns - 1, 1));
  const Pace pace = pace_of(done, total, seconds);
  if (total <= 0) return (label + "  " + std::to_string(done) + "  " + pace.rate).substr(0, most);
  const double part = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
  std::string rest = "  " + std::to_string(static_cast<int>(part * 100)) + "%  " +
                     std::to_string(done) + "/" + std::to_string(total) + "  " + pace.rate;
  if (!pace.left.empty()) rest += "  " + pace.left;
  const int room = static_cast<int>(most) - static_cast<int>(label.size() + rest.size()) - 4;
  std::string bar;
  if (room >= kLeastCells) {
    const auto cells = static_cast<std::size_t>(std::min(room, kMostCells));
    const auto full = static_cast<std::size_t>(part * static_cast<double>(cells));
    bar = std::string(full, '=');
    if (full < cells) bar += '>' + std::string(cells - full - 1, ' ');
    bar = "  [" + bar + "]";
  }
  return (label + bar + rest).substr(0, most);
}

std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total,
                          double seconds) {
  const Pace pace = pace_of(done, total, seconds);
  std::string text = label + ": " + std::to_string(done);
  if (total > 0) text += "/" + std::to_string(total);
  text += ", " + pace.rate;
  return pace.left.empty() ? text : text + ", " + pace.left;
}

ProgressForm progress_form(const std::string& when, bool is_terminal, int quiet, int verbose) {
  if (when == "always") return ProgressForm::Bar;
  if (when == "never" || quiet > 0) return ProgressForm::None;
  if (is_terminal) return ProgressForm::Bar;
  return verbose > 0 ? ProgressForm::Lines : ProgressForm::None;
}

std::unique_ptr<Progress> start_progress(Console& console, ProgressForm form, std::string label,
                                         std::int64_t total, std::function<double()> clock) {
  if (form == ProgressForm::None) return std::make_unique<NoProgress>();
  return std::make_unique<TimedProgress>(console, form, std::move(label), total, std::move(clock));
}

}  // namespace tenon::cli
