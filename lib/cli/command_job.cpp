#include "cli/command_job.h"

#include <utility>

#include "base/error.h"

namespace tenon::cli {
namespace {

std::string long_part(const std::string& name) {
  const auto comma = name.find(',');
  return comma == std::string::npos ? name : name.substr(comma + 1);
}

}  // namespace

CommandJob::CommandJob(const std::string& command, std::string verb, std::string summary,
                       std::vector<std::string> formats, JobFunction function)
    : verb_(std::move(verb)),
      summary_(std::move(summary)),
      function_(std::move(function)),
      own_(command),
      shared_(command) {
  TENON_CHECK(!formats.empty());
  common_.format = formats.front();
  add_common_options(shared_, formats, common_, requests_);
}

OptionTable& CommandJob::own(const OptionSpec& spec) {
  TENON_CHECK(shared_.find(long_part(spec.name)) == nullptr);  // the name means something already
  return own_;
}

void CommandJob::insert(BoundPositional positional) {
  // One list at most, and nothing required behind something optional: else words have two readings.
  for (const BoundPositional& before : positionals_) {
    TENON_CHECK(!(before.is_list() && positional.is_list()));
    TENON_CHECK(before.spec.is_required || !positional.spec.is_required);
  }
  positionals_.push_back(std::move(positional));
}

void CommandJob::positional(const Positional& spec, std::string& value) {
  insert({spec, &value});
}

void CommandJob::positional(const Positional& spec, std::vector<std::string>& values) {
  insert({spec, &values});
}

bool CommandJob::was_given(std::string_view name) const {
  if (const Option* option = find(name)) return option->was_given;
  for (const BoundPositional& positional : positionals_)
    if (positional.spec.name == name) return positional.was_given;
  throw Error(ErrorKind::Internal, "was_given: there is no option " + tenon::quoted(name));
}

std::vector<const Option*> CommandJob::options() const {
  std::vector<const Option*> all;
  for (const auto& option : own_.options()) all.push_back(option.get());
  for (const Option* option : shared_options()) all.push_back(option);
  return all;
}

std::vector<const Option*> CommandJob::shared_options() const {
  std::vector<const Option*> shared;
  for (const auto& option : shared_.options()) shared.push_back(option.get());
  return shared;
}

Option* CommandJob::find(std::string_view name) const {
  Option* option = own_.find(name);
  return option != nullptr ? option : shared_.find(name);
}

}  // namespace tenon::cli
