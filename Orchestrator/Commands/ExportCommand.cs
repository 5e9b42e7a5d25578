using System.CommandLine;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Export;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>export</c>: converts a trained model for other programs.</summary>
internal static class ExportCommand
{
    private static readonly Flag<string> Output = Flag.RequiredText("--output", "ONNX file to write; an existing one is replaced", "PATH");

    /// <summary>Creates the command.</summary>
    /// <param name="flags">Provides the model flag.</param>
    public static Command Create(EvaluationFlags flags)
    {
        var export = new Command("export", "Writes a trained model as ONNX, with the preparation of its samples inside.");
        foreach (Option option in new[] { flags.ModelDirectory.Option, Output.Option })
        {
            export.Options.Add(option);
        }

        export.SetAction(arguments => Run(flags, arguments));
        return export;
    }

    private static int Run(EvaluationFlags flags, ParseResult arguments)
    {
        Logging.Configure(file: null, verbose: false, Console.Error.WriteLine, LogLevel.Warning);
        string path = Output.Get(arguments);
        using var file = OutputFile.Create(path);
        using var trained = TrainedModel.Load(flags.ModelDirectory.Get(arguments), ComputeDevice.Select("cpu", noAccelerator: true, threads: 0));
        var model = OnnxModel.Of(trained);
        file.Write(model.WriteTo);
        Console.WriteLine($"model: {path} (ONNX, opset {OnnxModel.Opset}; {Listed(model.Inputs)} -> {Listed(model.Outputs)})");
        return (int)ExitCode.Success;
    }

    private static string Listed(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(10)) + (names.Count > 10 ? $", … {names.Count} in all" : string.Empty);
}
