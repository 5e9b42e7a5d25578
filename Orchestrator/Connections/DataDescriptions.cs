using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// What nodes say that their samples are, held against each other and against the test set. Samples that are not the same kind of thing would be trained on together
/// without a word, and to no good.
/// </summary>
internal static class DataDescriptions
{
    /// <summary>What is wrong with the samples of one node beside the orchestrator's own; <see langword="null"/> if nothing is, or it has none.</summary>
    public static string? Problem(Hello hello, ConnectionManagerOptions options)
    {
        if (TraitsOf(hello) is not { } traits)
        {
            return $"the samples of node {hello.NodeId} are '{hello.SampleType}', which this version does not know, or their range is not finite";
        }

        return hello.SampleCount > 0 && options.Test is { } test ? traits.Difference(NameOf(hello), test, "the test set", options.AllowAnyRange) : null;
    }

    /// <summary>Holds those of all nodes against each other, and puts them together.</summary>
    /// <returns>What all of them have; <see langword="null"/> where there are none, or rows of tables, whose statistics are held against each other instead.</returns>
    /// <exception cref="UserErrorException">Two nodes' samples are not the same kind of thing, or not dealt out in the same way.</exception>
    public static SampleTraits? Merge(IReadOnlyList<Hello> nodes, bool allowAnyRange)
    {
        RequireDealtAlike(nodes);
        (Hello Node, SampleTraits Traits)[] known = [.. nodes.Where(n => n.SampleCount > 0 && !n.Can(Hello.TableCapability)).Select(n => (n, TraitsOf(n)!))];
        if (known.Length == 0)
        {
            return null;
        }

        // There may be very many nodes. Of kinds and shapes it is enough to look at each beside the first, and the first that is not flat; of numbers at the extremes.
        (Hello Node, SampleTraits Traits) shaped = known.FirstOrDefault(k => k.Traits.Shape.Length > 1, known[0]);
        foreach ((Hello Node, SampleTraits Traits) own in known)
        {
            Require(known[0], own);
            Require(shaped, own);
        }

        Require(known.MinBy(k => k.Traits.Magnitude ?? double.MaxValue), known.MaxBy(k => k.Traits.Magnitude ?? 0));
        return known.Select(k => k.Traits).Aggregate((all, own) => all.Merge(own));

        void Require((Hello Node, SampleTraits Traits) one, (Hello Node, SampleTraits Traits) other)
        {
            if (one.Traits.Difference(NameOf(one.Node), other.Traits, NameOf(other.Node), allowAnyRange) is { } difference)
            {
                throw new UserErrorException(ExitCode.Data, difference);
            }
        }
    }

    /// <summary>What looks like a mistake, a line each; of tables their statistics say it.</summary>
    public static IReadOnlyList<string> Doubts(IReadOnlyList<Hello> nodes)
    {
        Hello[] known = [.. nodes.Where(n => n.SampleCount > 0 && !n.Can(Hello.TableCapability))];
        return
        [
            .. known.Select(n => TraitsOf(n)?.Doubt(NameOf(n))).OfType<string>(),
            .. known.Length > 0 && Array.TrueForAll(known, n => n.ClassCount == 1) ? ["the labels of all nodes are 0: there is nothing to learn"] : (string[])[],
        ];
    }

    private static void RequireDealtAlike(IReadOnlyList<Hello> nodes)
    {
        if (nodes.FirstOrDefault(n => n.Dealt is not null) is not { Dealt: var (_, samples) } first)
        {
            return;
        }

        foreach (Hello other in nodes)
        {
            if (other.Dealt is null)
            {
                throw new UserErrorException(ExitCode.Data, $"{NameOf(first)} takes its part of a common set, and {NameOf(other)} brings its own samples: the part that would be its is left out; give all of them --data, or all of them --dataset");
            }

            if (other.Dealt.Value.Samples != samples)
            {
                throw new UserErrorException(ExitCode.Data, $"{NameOf(first)} takes its part of a set of {samples} samples, and {NameOf(other)} of one of {other.Dealt.Value.Samples}; give all the same --dataset");
            }
        }
    }

    /// <summary>What a node says that its samples are; <see langword="null"/> if that makes no sense.</summary>
    public static SampleTraits? TraitsOf(Hello hello) =>
        SampleElementExtensions.Parse(hello.SampleType) is { } element && (hello.Range is not var (least, largest) || (double.IsFinite(least) && double.IsFinite(largest)))
            ? new SampleTraits(element, hello.SampleShape) { Range = hello.Range }
            : null;

    /// <summary>How a node is called in messages.</summary>
    public static string NameOf(Hello hello) => $"node {hello.NodeId}";
}
