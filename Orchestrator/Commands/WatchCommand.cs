using System.CommandLine;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Observe.Watch;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>watch</c>: follows a run from another process or machine.</summary>
internal static class WatchCommand
{
    private static readonly TimeSpan FileInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var target = new Argument<string>("run") { Description = "The run's folder, or host:port of its live page", HelpName = "DIR|host:port" };
        Flag<EventTypes> types = Flag.Parsed("--type", "[events](events.md) to show, such as `node_lost,run_failed`", EventTypes.All, "NAME,…", EventTypes.Parse);
        Flag<bool> json = Flag.Switch("--json", "events as JSON, one on each line");
        Flag<bool> keep = Flag.Switch("--keep", "continue after the end of the run, which may be resumed");
        Flag<string?> token = Flag.OptionalText("--token_file", "file with the secret that the live page asks for");
        var command = new Command("watch", "Shows the events of a run as they happen, from its folder or from its live page, until it ends.");
        command.Arguments.Add(target);
        foreach (Option option in (Option[])[types.Option, json.Option, keep.Option, token.Option])
        {
            command.Options.Add(option);
        }

        command.SetAction((arguments, cancellationToken) =>
        {
            var watcher = new RunWatcher(types.Get(arguments), json.Get(arguments), keep.Get(arguments), Console.WriteLine);
            return RunAsync(WatchTarget.Parse(arguments.GetRequiredValue(target)), token.Get(arguments), watcher, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(WatchTarget target, string? tokenFile, RunWatcher watcher, CancellationToken cancellationToken)
    {
        if (target.File is { } file)
        {
            if (!File.Exists(file))
            {
                await Console.Error.WriteLineAsync($"waiting for '{file}'");
            }

            await watcher.RunAsync(new FileFollower(file, FileInterval).ReadAsync(cancellationToken));
            return (int)ExitCode.Success;
        }

        string? token = tokenFile is null ? null : Encoding.UTF8.GetString(Token.ReadSecret(tokenFile));
        using var stream = new StreamFollower(target.Url!, token, Console.Error.WriteLine, Pause);
        await watcher.RunAsync(stream.ReadAsync(cancellationToken));
        return (int)ExitCode.Success;
    }
}
