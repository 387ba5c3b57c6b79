// The command line: gateway run | check | models | probe | audit | exchange | correct | outbox | sink | notify | user.
#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <malloc.h>
#include <sys/prctl.h>

#include "core/problem.hpp"
#include "firmware-gateway/app/commands.hpp"

namespace {

// "check" written as "chek": said as such, and not only that a command is missing.
std::string unknown_command(const CLI::App& app, std::string_view word) {
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands({})) names.push_back(command->get_name());
  if (word.empty() || word.starts_with('-') || std::ranges::find(names, word) != names.end()) return {};
  const auto near = gateway::nearest(word, std::vector<std::string_view>(names.begin(), names.end()));
  std::string out = "there is no command '" + std::string(word) + "'; ";
  if (!near.empty()) return out + "did you mean '" + std::string(near) + "'?";
  out += "the commands are";
  for (std::size_t i = 0; i < names.size(); ++i) out += (i == 0 ? " " : ", ") + names[i];
  return out;
}

int run_command_line(int argc, char** argv) {
  // Few threads allocate at the same time; an arena a thread would only be memory that is never given back.
  mallopt(M_ARENA_MAX, 2);
  // Passwords and tokens are in this memory: no core dump, and no other process of the same user looks in.
  prctl(PR_SET_DUMPABLE, 0);
  // What is large and needed for a moment only (a batch, an answer of a megabyte) goes back to the system at once,
  // instead of staying between what lives on. Said here because malloc would raise this limit by itself.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);

  CLI::App app{
      "Compound Gateway reads the electricity and water meters, doors, leak sensors and cameras of a building "
      "compound, adds up what is\n"
      "consumed, raises alarms, and keeps everything until the central store has it.",
      "gateway"};
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("gateway ") + gateway::version());
  app.footer("Exit status: 0 done, 1 failed, 2 the configuration or the command line is wrong.");

  gateway::RunArguments run;
  auto* run_command = app.add_subcommand("run", "Run the gateway until SIGTERM; SIGHUP reads the configuration anew");
  run_command->add_option("--config", run.config, "the site, as docs/site-toml.md describes it")
      ->required()
      ->type_name("site.toml");
  run_command->add_option("--data", run.data, "where readings are kept until they are delivered")
      ->capture_default_str()
      ->type_name("DIR");
  run_command->add_option("--log", run.log_level, "how much to tell")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();

  gateway::CheckArguments check;
  auto* check_command =
      app.add_subcommand("check", "Read the configuration and tell every mistake in it, each with its place");
  check_command->add_option("--config", check.config, "the site")->required()->type_name("site.toml");
  check_command
      ->add_option("--data", check.data,
                   "the gateway's data folder: plans then have the cuts that its meters taught by refusing blocks")
      ->type_name("DIR");

  gateway::ModelsArguments models;
  auto* models_command = app.add_subcommand("models", "List the meter models, or show the register map of one");
  models_command->add_option("name", models.name, "a model, as eastron-sdm630")->type_name("NAME");
  models_command->add_option("--folder", models.folder, "a folder with models of your own")->type_name("DIR");

  models_command->add_option("--config", models.config, "a site, for the models in its models_folder")
      ->type_name("site.toml");

  gateway::ProbeArguments probe;
  auto* probe_command = app.add_subcommand("probe", "Look for meters on a bus and print what to put into site.toml");
  probe_command->add_option("url", probe.url, "the bus, as in site.toml; no gateway may be running on it")
      ->required()
      ->type_name("URL");
  probe_command->add_option("--units", probe.units, "unit ids to try")->capture_default_str()->type_name("FIRST-LAST");
  probe_command->add_option("--timeout", probe.timeout_ms, "for a unit that may not be there, in milliseconds")
      ->check(CLI::Range(10, 5000))
      ->capture_default_str();

  gateway::AuditArguments audit;
  auto* audit_command = app.add_subcommand(
      "audit",
      "Write the consumption report of a period: per node and month what was used, its cost, standard coal and carbon");
  audit_command->add_option("--config", audit.config, "the site")->required()->type_name("site.toml");
  audit_command->add_option("--data", audit.data, "the gateway's data folder; it may be running")
      ->capture_default_str()
      ->type_name("DIR");
  audit_command->add_option("--from", audit.from, "first day, 2026-09-01, or month, 2026-09")
      ->required()
      ->type_name("DAY");
  audit_command->add_option("--to", audit.to, "last day or month; it is part of the period")
      ->required()
      ->type_name("DAY");
  audit_command->add_option("--format", audit.format, "csv for a spreadsheet, json for a program, html to print")
      ->check(CLI::IsMember({"csv", "json", "html"}))
      ->capture_default_str();
  audit_command->add_option("-o,--output", audit.output, "where to; standard output when left out")->type_name("FILE");
  audit_command
      ->add_option("--trace", audit.trace,
                   "a meter, area or node: show the counter readings that its figures add up from (csv: them alone)")
      ->type_name("NODE");

  gateway::ExchangeArguments exchange;
  auto* exchange_command = app.add_subcommand(
      "exchange", "Tell the running gateway that a meter was exchanged, so that no energy is lost or invented");
  gateway::CorrectArguments correct;
  auto* correct_command =
      app.add_subcommand("correct", "Add to what a meter used in a time, or take away; the readings stay as they are");
  const auto add_entry_options = [](CLI::App* command, gateway::MeterEntryArguments& entry) {
    command->add_option("meter", entry.meter, "its id in site.toml")->required()->type_name("METER");
    command->add_option("--config", entry.config, "the site")->required()->type_name("site.toml");
    command->add_option("--data", entry.data, "the data folder of the gateway that runs")
        ->capture_default_str()
        ->type_name("DIR");
    command->add_option("--by", entry.by, "who says so; in the journal and in the report")
        ->required()
        ->type_name("NAME");
    command->add_option("--reason", entry.reason, "why; likewise")->required()->type_name("TEXT");
    command->add_flag("--yes", entry.yes, "don't ask");
  };
  add_entry_options(exchange_command, exchange);
  exchange_command->add_option("--old", exchange.old_reading, "what the old meter's display said last, in kWh or m3")
      ->required()
      ->type_name("READING");
  exchange_command->add_option("--new", exchange.new_reading, "what the new one's said first")
      ->required()
      ->type_name("READING");
  exchange_command->footer(
      "Say it when the new meter is in place, before or soon after it answers:\n"
      "  gateway exchange b1-light --config site.toml --old 12345.6 --new 0 --by Lin --reason 'due'\n"
      "An old reading that the meter can't have had is refused, and nothing is booked.");
  add_entry_options(correct_command, correct);
  correct_command->add_option("--from", correct.from, "when it begins, in site time, as '2026-09-01 08:00'")
      ->required()
      ->type_name("TIME");
  correct_command->add_option("--to", correct.to, "when it ends; in the same month, and past")
      ->required()
      ->type_name("TIME");
  correct_command->add_option("--amount", correct.amount, "in kWh or m3; below zero: taken away")
      ->required()
      ->type_name("AMOUNT");
  correct_command->footer(
      "The amount is spread evenly over the time, and is an entry of its own in the report:\n"
      "  gateway correct b1-light --config site.toml --from '2026-09-01 08:00' --to '2026-09-01 12:00' --amount -12.5 "
      "--by Lin --reason 'bypass'\n"
      "What is wrong is corrected by another correction.");

  gateway::OutboxArguments outbox;
  auto* outbox_command = app.add_subcommand("outbox", "Show what is kept and not yet delivered, for each sink");
  outbox_command->require_subcommand(0, 1);
  auto* outbox_letters = outbox_command->add_subcommand("letters", "Show dead letters, newest first, with the reason");
  auto* outbox_requeue =
      outbox_command->add_subcommand("requeue", "Send dead letters again, when their cause is mended");
  auto* outbox_drop = outbox_command->add_subcommand("drop", "Give dead letters up, or what waits for a sink");
  for (auto* command : {outbox_command, outbox_letters, outbox_requeue, outbox_drop})
    command->add_option("--data", outbox.data, "the gateway's data folder")->capture_default_str()->type_name("DIR");
  for (auto* command : {outbox_command, outbox_letters}) command->add_flag("--json", outbox.json, "for programs");
  outbox_letters->add_option("--limit", outbox.limit, "so many at most")->capture_default_str();
  for (auto* command : {outbox_letters, outbox_requeue, outbox_drop})
    command->add_option("--sink", outbox.sink, "those of one sink")->type_name("ID");
  for (auto* command : {outbox_requeue, outbox_drop}) {
    command->add_option("--letter", outbox.letter, "one of them, by its number")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    command->add_flag("--all", outbox.all, "those of all sinks");
    command->add_flag("--yes", outbox.yes, "don't ask");
  }
  outbox_drop->add_flag("--waiting", outbox.waiting, "not dead letters, but everything that waits for --sink");

  gateway::NotifyArguments notify;
  auto* notify_command = app.add_subcommand("notify", "Who is told of alarms");
  notify_command->require_subcommand(1);
  auto* notify_test =
      notify_command->add_subcommand("test", "Send a test message to one [[notify]] and tell what the far end answers");
  notify_test->add_option("--config", notify.config, "the site")->required()->type_name("site.toml");
  notify_test->add_option("id", notify.id, "its id in site.toml")->required()->type_name("ID");

  gateway::SinkArguments sink;
  auto* sink_command = app.add_subcommand("sink", "The central stores that everything is sent to");
  sink_command->require_subcommand(1);
  auto* sink_test = sink_command->add_subcommand(
      "test", "Write one harmless point to each sink, or to one, and tell what the far end answers");
  sink_test->add_option("--config", sink.config, "the site")->required()->type_name("site.toml");
  sink_test->add_option("id", sink.sink, "one sink only")->type_name("ID");

  gateway::UserArguments user;
  auto* user_command = app.add_subcommand("user", "Who may log in at the dashboard");
  user_command->require_subcommand(1);
  auto* user_add = user_command->add_subcommand(
      "add", "Add a user, or give one a new role and password; the password is asked for, or read from standard input");
  auto* user_list = user_command->add_subcommand("list", "List users and their roles");
  auto* user_remove = user_command->add_subcommand("remove", "Take a user out");
  for (auto* command : {user_add, user_list, user_remove})
    command->add_option("--data", user.data, "the gateway's data folder")->capture_default_str()->type_name("DIR");
  for (auto* command : {user_add, user_remove})
    command->add_option("name", user.name, "the name to log in with")->required()->type_name("NAME");
  user_add
      ->add_option("--role", user.role, "viewer sees, operator also acknowledges alarms, admin also changes settings")
      ->required()
      ->check(CLI::IsMember({"viewer", "operator", "admin"}));

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    const auto unknown = unknown_command(app, argc > 1 ? argv[1] : "");
    if (unknown.empty()) {
      app.exit(error);
    } else {
      std::cerr << unknown << '\n';
    }
    return 2;
  }
  if (run_command->parsed()) return gateway::run(run);
  if (check_command->parsed()) return gateway::check(check);
  if (models_command->parsed()) return gateway::models(models);
  if (probe_command->parsed()) return gateway::probe(probe);
  if (notify_test->parsed()) return gateway::notify_test(notify);
  if (audit_command->parsed()) return gateway::audit(audit);
  if (exchange_command->parsed()) return gateway::exchange(exchange);
  if (correct_command->parsed()) return gateway::correct(correct);
  if (sink_test->parsed()) return gateway::sink_test(sink);
  if (user_add->parsed()) return gateway::user_add(user);
  if (user_list->parsed()) return gateway::user_list(user);
  if (user_remove->parsed()) return gateway::user_remove(user);
  if (outbox_letters->parsed()) return gateway::outbox_letters(outbox);
  if (outbox_requeue->parsed()) return gateway::outbox_requeue(outbox);
  if (outbox_drop->parsed()) return gateway::outbox_drop(outbox);
  return gateway::outbox(outbox);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "gateway: " << error.what() << '\n';
    return 1;
  }
}
