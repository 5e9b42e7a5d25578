using System.CommandLine;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>report</c>: regenerates the report of a study, a comparison or a run, or compares two of them.</summary>
internal static class ReportCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var folders = new Argument<string[]>("folder") { Description = "Folder of a study, of a comparison or of a run; of two, both side by side", Arity = new ArgumentArity(1, 2) };
        Flag<string?> output = Flag.OptionalText("--output", "destination of the report", "PATH", without: "the folder itself; of two, `runs/report-<time>`");
        var command = new Command("report", "Makes report.html, results.csv and results.json of what runs left, with nothing trained: of one study or run, or of two side by side.") { folders };
        command.Options.Add(output.Option);
        command.SetAction(arguments =>
        {
            string[] given = arguments.GetValue(folders)!;
            ReportedStudy[] studies = Array.ConvertAll(given, ReportSource.Read);
            Report report = studies is [var first, var second] ? Report.Of(first, second) : new Report(studies);
            string page = StudyReport.Write(Folder(output.Get(arguments) ?? (given.Length == 1 ? given[0] : Default())), report);
            Console.WriteLine($"report: {Path.GetFullPath(page)}");
        });
        return command;
    }

    private static string Default() => RunFolder.NewPath("report");

    private static string Folder(string path)
    {
        ErrorTable.Writing.Guard(() => PrivateFiles.CreateFolder(path), e => $"cannot write the folder '{path}': {e.Message}; choose another --output");
        return path;
    }
}
