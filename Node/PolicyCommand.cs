using System.CommandLine;
using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Policies;

namespace TraversalLearning.NodeDaemon;

/// <summary><c>policy check</c>: explains a policy, and what it makes of a run.</summary>
internal static class PolicyCommand
{
    /// <summary>Creates the command.</summary>
    /// <param name="write">Where its output lines go.</param>
    public static Command Create(Action<string> write)
    {
        var file = new Argument<string>("FILE") { Description = "the policy" };
        Flag<string?> against = Flag.OptionalText("--against", $"the {RunOffer.FileName} of a run, or its folder: says which rules allow it", "FILE");
        var check = new Command("check", "Checks a policy file and says what it allows.") { file, against.Option };
        check.SetAction(arguments => Check(arguments.GetRequiredValue(file), against.Get(arguments), write));
        return new Command("policy", "What this node agrees to take part in.") { check };
    }

    private static int Check(string file, string? against, Action<string> write)
    {
        NodePolicy policy = PolicyFile.Read(file);
        write($"{file} is valid");
        foreach (PolicyRule rule in PolicyRules.All)
        {
            write($"  {rule.Key,-17} {rule.Describe(policy) ?? "no limit"}");
        }

        if (against is null)
        {
            return (int)ExitCode.Success;
        }

        TrainingSetup run = RunOffer.Read(against);
        write($"{against} is {Describe(run)}");
        return WriteVerdict(policy, run, write);
    }

    /// <summary>Says which rules do not allow a run.</summary>
    /// <returns>The exit code.</returns>
    public static int WriteVerdict(NodePolicy policy, TrainingSetup run, Action<string> write)
    {
        (string Key, string Text)[] refusals = [.. PolicyRules.All.Select(r => (r.Key, r.Violation(policy, run)!)).Where(r => r.Item2 is not null)];
        foreach ((string key, string text) in refusals)
        {
            write($"  the policy refuses it (policy.{key}): {text}");
        }

        if (refusals.Length == 0)
        {
            write("  the policy allows it, as far as can be told before the run");
        }

        return (int)(refusals.Length == 0 ? ExitCode.Success : ExitCode.Rejected);
    }

    /// <summary>A run in words.</summary>
    public static string Describe(TrainingSetup run)
    {
        string terms = run.Terms is { } t
            ? string.Create(CultureInfo.InvariantCulture, $"{t.Algorithm}, {t.Nodes} nodes, batches of {t.BatchSize} rows, {(t.LocalEpochs is { } local ? $"{t.Epochs} rounds of {local} epochs" : $"{t.Epochs} epochs")}")
            : "a run of which the orchestrator says nothing";
        return string.Create(CultureInfo.InvariantCulture, $"{terms}: {run.Model.Name} with {run.Model.ParameterCount:N0} parameters, exchange {run.Exchange.ToWord()}, cut {run.Cut}");
    }
}
