#include "cli/command.h"
#include "options.h"
#include "run.h"

int main(int argc, char** argv) {
  using namespace tenon;
  cli::Command command(generate::command_info());
  generate::Options options;
  cli::Job& job = command.job("", "", {"text", "json", "jsonl"}, [&](cli::Context& context) {
    return generate::run(context, options);
  });
  generate::register_options(job, options);
  return command.run(argc, argv);
}
