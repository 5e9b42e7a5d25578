using System.CommandLine;
using System.Globalization;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Records;

namespace TraversalLearning.NodeDaemon;

/// <summary><c>record show</c> and <c>record verify</c>: what left the nodes of a state folder, and whether the record of it is whole.</summary>
internal static class RecordCommand
{
    /// <summary>Creates the command.</summary>
    /// <param name="write">Where its output lines go.</param>
    public static Command Create(Action<string> write)
    {
        var command = new Command("record", "Shows and verifies the record of what left this node.");
        command.Subcommands.Add(CreateShow(write));
        command.Subcommands.Add(CreateVerify(write));
        return command;
    }

    private static Flag<string> StateFolder() => Flag.Text("--state_dir", "the node's state folder", ".", "DIR");

    private static Flag<DateTime?> Since(string meaning) => Flag.Parsed<DateTime?>("--since", meaning, null, "DATE|DAYS", ParseSince);

    private static Command CreateShow(Action<string> write)
    {
        Flag<string> stateFolder = StateFolder();
        Flag<DateTime?> since = Since("only what left since then (UTC), such as `2026-11-30` or `7d`");
        Flag<string?> run = Flag.OptionalText("--run", "only runs whose name begins so", "NAME");
        Flag<bool> lines = Flag.Switch("--lines", "the lines of the record in place of sums");
        var command = new Command("show", "Sums up what left this node, by run.");
        foreach (Option option in (Option[])[stateFolder.Option, since.Option, run.Option, lines.Option])
        {
            command.Options.Add(option);
        }

        command.SetAction(arguments =>
        {
            string folder = stateFolder.Get(arguments);
            var messages = new RecordedMessages(folder) { Since = since.Get(arguments) ?? DateTime.MinValue, Run = run.Get(arguments) };
            bool asLines = lines.Get(arguments);
            var summary = new RecordSummary();
            Reading(folder, () => messages.Read((message, line) =>
            {
                if (asLines)
                {
                    write(Encoding.UTF8.GetString(line));
                }
                else
                {
                    summary.Add(message);
                }
            }));
            if (!asLines && summary.Runs.Count == 0)
            {
                write("nothing");
            }

            summary.Runs.ToList().ForEach(r => write(r.ToString()));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static Command CreateVerify(Action<string> write)
    {
        Flag<string> stateFolder = StateFolder();
        Flag<DateTime?> since = Since("begin with the file of that day (UTC), such as `2026-11-30` or `7d`, where earlier files were put away");
        var command = new Command("verify", "Finds lines of the record that were changed, cut, moved or taken out, and files that are missing.");
        command.Options.Add(stateFolder.Option);
        command.Options.Add(since.Option);
        command.SetAction(arguments =>
        {
            string folder = stateFolder.Get(arguments);
            DateOnly? first = since.Get(arguments) is { } time ? DateOnly.FromDateTime(time) : null;
            RecordVerification found = Reading(folder, () => RecordVerification.Of(folder, first));
            found.Findings.ToList().ForEach(f => write(f.ToString()));
            int damages = found.Findings.Count(f => f.IsDamage);
            if (damages > 0)
            {
                throw new UserErrorException(
                    ExitCode.NotEqual,
                    $"the record of what left in '{folder}' is not as it was written, at {damages} {(damages == 1 ? "place" : "places")}: keep it as it is for whoever looks into it");
            }

            write(string.Create(
                CultureInfo.InvariantCulture,
                $"record: {found.Files} {(found.Files == 1 ? "file" : "files")}, {found.End.Lines:N0} lines{(found.IsPart ? ", of which those of earlier files were not read" : string.Empty)}, as written; head {found.End.Hash}"));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static void Reading(string folder, Action read) => Reading(folder, () =>
    {
        read();
        return true;
    });

    private static T Reading<T>(string folder, Func<T> read)
    {
        if (!Directory.Exists(folder))
        {
            throw new UserErrorException(ExitCode.Data, $"there is no folder '{folder}'; give the node's --state_dir");
        }

        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, $"cannot read the record in '{folder}': {e.Message}", e);
        }
    }

    private static DateTime? ParseSince(string text)
    {
        if (DateTime.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime date))
        {
            return date;
        }

        return text.EndsWith('d') && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int days) && days <= 36_500
            ? DateTime.UtcNow.AddDays(-days)
            : throw new FormatException("a date such as 2026-11-30, or days such as 7d");
    }
}
