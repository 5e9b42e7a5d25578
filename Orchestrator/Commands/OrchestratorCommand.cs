using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;

namespace TraversalLearning.Orchestration.Commands;

/// <summary>
/// The orchestrator's command line: training with nodes as the root command, and subcommands for everything else.
/// </summary>
internal static class OrchestratorCommand
{
    public static RootCommand Create()
    {
        var flags = new RunFlags();
        var root = new RootCommand(
            "Traversal learning: trains one model on the data of many nodes that keep it, with the result of centralized training.");
        flags.AddTo(root, FlagUse.Run);
        flags.Observation.AddTo(root);
        root.SetAction((arguments, cancellationToken) => TrainCommand.RunAsync(flags, arguments, cancellationToken));

        var centralized = new Command("centralized", "Trains in one process on the pooled data, with the same virtual batches: what traversal learning must equal.");
        flags.AddTo(centralized, FlagUse.Centralized);
        flags.Observation.AddTo(centralized);
        centralized.SetAction((arguments, cancellationToken) => TrainCommand.CentralizedAsync(flags, arguments, cancellationToken));
        root.Subcommands.Add(centralized);

        Flag<int> steps = Flag.Int("--steps", "steps to compare", 50, min: 1);
        var verify = new Command("verify", "Compares traversal learning with centralized training, step by step, with nodes in this process.");
        verify.Options.Add(steps.Option);
        flags.AddTo(verify, FlagUse.Verify);
        verify.SetAction((arguments, cancellationToken) => VerifyCommand.RunAsync(flags, steps, arguments, cancellationToken));
        root.Subcommands.Add(verify);
        root.Subcommands.Add(AuditCommand.Create(flags));

        Flag<string?> chart = Flag.OptionalText("--output", "SVG file for the chart", "PATH");
        var partition = new Command("partition", PartitionCommand.Description);
        flags.AddTo(partition, FlagUse.Partition);
        partition.Options.Add(chart.Option);
        partition.SetAction((arguments, cancellationToken) => PartitionCommand.RunAsync(flags, chart, arguments, cancellationToken));
        root.Subcommands.Add(partition);

        root.Subcommands.Add(CompareCommand.Create(flags));
        root.Subcommands.Add(ExperimentCommand.Create(flags, root));
        root.Subcommands.Add(WorkerCommand.Create(flags, root));
        root.Subcommands.Add(CaCommand.Create());
        root.Subcommands.Add(ListCommand.Create());
        root.Subcommands.Add(WatchCommand.Create());
        root.Subcommands.Add(ReportCommand.Create());

        var evaluationFlags = new EvaluationFlags();
        var predict = new Command("predict", "Writes what a trained model says of every sample of a data set, as CSV.");
        evaluationFlags.AddTo(predict);
        evaluationFlags.AddOutputTo(predict);
        predict.SetAction((arguments, cancellationToken) => EvaluationCommands.PredictAsync(evaluationFlags, arguments, cancellationToken));
        root.Subcommands.Add(predict);

        var evaluate = new Command("evaluate", "Says how a trained model does on a data set: loss, accuracy, macro-F1, AUC.");
        evaluationFlags.AddTo(evaluate);
        evaluate.SetAction((arguments, cancellationToken) => EvaluationCommands.EvaluateAsync(evaluationFlags, arguments, cancellationToken));
        root.Subcommands.Add(evaluate);
        root.Subcommands.Add(ExportCommand.Create(evaluationFlags));
        return root;
    }
}
