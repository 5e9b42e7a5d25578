using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Commands;

/// <summary>
/// <c>verify</c>: compares traversal learning with centralized training step by step, with nodes in this process over
/// loopback.
/// </summary>
internal static class VerifyCommand
{
    public static async Task<int> RunAsync(RunFlags flags, Flag<int> steps, ParseResult arguments, CancellationToken cancellationToken)
    {
        RunOptions options = flags.ReadNetworked(arguments) with { Host = "127.0.0.1", Port = 0 };
        NeededDataset.Require(options.Dataset, "verify");
        if (options.AnyCut || options.AnyExchange)
        {
            throw new UserErrorException(ExitCode.Usage, "verify takes one --cut and one --exchange, not auto: both are to be checked, not timed");
        }

        Logging.Configure(file: null, verbose: false, Console.Error.WriteLine, LogLevel.Warning);
        RunContext context = await RunContext.CreateAsync(options, new Progress<string>(Console.WriteLine), cancellationToken);
        context = RunPreparation.OfPooled(context, new OrchestratorLog(Logging.Logger("orchestrator")));
        (Data.SampleSet samples, int[][] partition) = context.ReadPooledTrain();
        VerificationResult result = await CompareAsync(context, samples, partition, steps.Get(arguments), cancellationToken);
        if (result.Taken is { } taken)
        {
            Console.WriteLine($"starting from {options.Start!.Path}: {taken}");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(Console.IsOutputRedirected ? string.Empty : "\r")}verify: steps={result.Steps} max_rel_grad_diff={result.GradientDifference:0.0e+00}"
            + $" max_rel_param_diff={result.ParameterDifference:0.0e+00} {(result.IsEqual ? "ok" : "FAILED")}"));
        return (int)(result.IsEqual ? ExitCode.Success : ExitCode.NotEqual);
    }

    private static Task<VerificationResult> CompareAsync(
        RunContext context, Data.SampleSet samples, int[][] partition, int steps, CancellationToken cancellationToken) => TrainingErrors.Training.GuardAsync(
        () => Verifier.RunAsync(
            context,
            samples,
            partition,
            steps,
            Console.IsOutputRedirected ? null : (step, difference) => Console.Write($"\rstep {step} max_rel_grad_diff={difference:0.0e+00} "),
            cancellationToken),
        e => $"there is nothing to compare any more: {e.Message}");
}
