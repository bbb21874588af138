#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command_job.h"
#include "cli/command_line.h"

/// A command with one job that has an option of every kind, for tests that look at tables.
struct JobOfOptions {
  explicit JobOfOptions(const std::string& command = "tenon-x", const std::string& verb = "") {
    info = {.name = command,
            .summary = "do something",
            .examples = {{command + " a", "one"}, {command + " b", "another"}}};
    add_job(verb);
  }

  void add_job(const std::string& verb) {
    auto job = std::make_unique<tenon::cli::CommandJob>(
        info.name, verb, verb.empty() ? "" : "do " + verb, std::vector<std::string>{"text", "json"},
        [](tenon::cli::Context&) { return 0; });
    job->positional({.name = "INPUT", .help = "what to read"}, input);
    job->positional({.name = "MORE", .help = "more to read", .is_required = false}, more);
    job->add({.name = "--mode",
              .group = "Text",
              .help = "what to do",
              .value = "MODE",
              .choices = {"plain", "upper"},
              .is_common = true},
             mode);
    job->add({.name = "-n,--copies",
              .group = "Text",
              .help = "how often",
              .value = "N",
              .minimum = 0,
              .maximum = 9},
             copies);
    job->add({.name = "--stop", .group = "Text", .help = "where to end", .value = "TEXT"}, stops);
    job->add({.name = "--chat", .group = "Other", .help = "talk"}, chat);
    job->add({.name = "--ends", .group = "Other", .help = "end lines"}, ends);
    job->add_bytes({.name = "--size", .group = "Other", .help = "a size", .value = "SIZE"}, size);
    job->add_seconds({.name = "--wait", .group = "Other", .help = "a time", .value = "TIME"}, wait);
    job->add({.name = "--warmth", .group = "Other", .help = "a number", .value = "X", .maximum = 2},
             warmth);
    jobs.push_back(std::move(job));
  }

  tenon::cli::CommandJob& job() { return *jobs.front(); }
  std::vector<const tenon::cli::CommandJob*> all() const {
    std::vector<const tenon::cli::CommandJob*> all;
    for (const auto& job : jobs) all.push_back(job.get());
    return all;
  }

  tenon::cli::CommandInfo info;
  tenon::cli::Jobs jobs;

 private:
  // On the heap: jobs hold references to the values, and the object may be moved out of a function.
  struct Values {
    std::string input;
    std::vector<std::string> more;
    std::string mode = "plain";
    std::int64_t copies = 1;
    std::vector<std::string> stops;
    bool chat = false;
    bool ends = true;
    std::int64_t size = 1024;
    double wait = 0.5;
    double warmth = 1;
  };
  std::unique_ptr<Values> values_ = std::make_unique<Values>();

 public:
  std::string& input = values_->input;
  std::vector<std::string>& more = values_->more;
  std::string& mode = values_->mode;
  std::int64_t& copies = values_->copies;
  std::vector<std::string>& stops = values_->stops;
  bool& chat = values_->chat;
  bool& ends = values_->ends;
  std::int64_t& size = values_->size;
  double& wait = values_->wait;
  double& warmth = values_->warmth;
};
