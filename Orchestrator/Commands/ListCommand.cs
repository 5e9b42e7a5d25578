using System.CommandLine;
using System.Globalization;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Orchestration.Training.Methods;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>list</c>: lists the available choices, from the same registries that parse the flags.</summary>
internal static class ListCommand
{
    private static readonly SortedDictionary<string, Func<IEnumerable<(string Usage, string Help)>>> Kinds = new(StringComparer.Ordinal)
    {
        ["algorithms"] = () => TrainingMethods.All.Select(m => (m.Usage, Help(m.Help, m.Parameter)))
            .Prepend((Algorithm.Centralized.Name, "in one process on pooled data: what traversal learning must equal")),
        ["models"] = () => ModelPresets.Names.Select(m => (m, string.Empty)).Append(("FILE.json", "a description of layers (docs/reference/models.md)")),
        ["partitioners"] = () => Partitioner.All.Select(p => (NamedChoice.UsageOf(p), Help(p.Help, p.Parameter))),
        ["topologies"] = () => TopologyKind.All.Select(t => (NamedChoice.UsageOf(t), Help(string.Empty, t.Parameter))).Append(("FILE", "lines like '1: [2, 3]'")),
        ["selectors"] = () => NodeSelector.Usage.Split('|').Select(s => (s, string.Empty)),
        ["aggregators"] = () => ModelAggregator.All.Keys.Select(a => (a, string.Empty)),
        ["losses"] = () => LossFunction.Names.Select(l => (l, string.Join(", ", LossFunction.SettingsOf(l)))),
        ["optimizers"] = () => NamedOptimizer.All.Select(o => (o.Name, o.Help)),
        ["schedulers"] = () => NamedSchedule.All.Select(s => (s.Name, $"of the learning rate, --schedule: {s.Help}")).Append((StudyScheduler.Halving, StudyScheduler.Help)),
        ["datasets"] = () => KnownDataset.All.Select(d => (d.Info.Name, $"{d.Info.ClassCount} classes")).Append(("DIR", "your own (docs/reference/data.md)")),
    };

    /// <summary>The names of one kind in command-line syntax, each with a description.</summary>
    public static IReadOnlyList<(string Usage, string Help)> Entries(string kind) => [.. Kinds[kind]()];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        string names = string.Join("|", Kinds.Keys);
        var kind = new Argument<string?>("kind") { Description = $"{names}; all without it", Arity = ArgumentArity.ZeroOrOne };
        var list = new Command("list", "What there is: algorithms, models, partitioners and so on, with their parameters.") { kind };
        list.SetAction(arguments =>
        {
            string? wanted = arguments.GetValue(kind);
            if (wanted is not null && !Kinds.ContainsKey(wanted))
            {
                throw new UserErrorException(ExitCode.Usage, $"there is no list of '{wanted}'; use one of {string.Join(", ", Kinds.Keys)}");
            }

            foreach (string name in Kinds.Keys.Where(k => wanted is null || k == wanted))
            {
                Write(Console.Out, wanted is null ? name : null, Entries(name));
            }
        });
        return list;
    }

    private static void Write(TextWriter output, string? title, IReadOnlyList<(string Usage, string Help)> entries)
    {
        string indent = title is null ? string.Empty : "  ";
        if (title is not null)
        {
            output.WriteLine(title);
        }

        int width = entries.Max(e => e.Usage.Length);
        foreach ((string usage, string help) in entries)
        {
            output.WriteLine($"{indent}{usage.PadRight(width)}  {help}".TrimEnd());
        }
    }

    private static string Help(string help, NumberParameter? parameter) =>
        parameter is null ? help : string.Create(
            CultureInfo.InvariantCulture,
            $"{help}{(help.Length > 0 ? "; " : string.Empty)}{parameter.Symbol}: {parameter.Range}, such as {parameter.Example}");
}
