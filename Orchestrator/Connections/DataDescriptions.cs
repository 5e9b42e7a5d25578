using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Compares the nodes' data descriptions with each other and with the test set. Samples of different kinds would
/// otherwise be mixed silently, with useless results.
/// </summary>
internal static class DataDescriptions
{
    /// <summary>
    /// Why a node's samples do not match the orchestrator's own; <see langword="null"/> if they do, or it has none.
    /// </summary>
    public static string? Problem(Hello hello, ConnectionManagerOptions options)
    {
        if (TraitsOf(hello) is not { } traits)
        {
            return $"the samples of node {hello.NodeId} are '{hello.SampleType}', which this version does not know, or their range is not finite";
        }

        return hello.SampleCount > 0 && options.Test is { } test ? traits.Difference(NameOf(hello), test, "the test set", options.AllowAnyRange) : null;
    }

    /// <summary>Checks that the samples of all nodes are compatible, and merges their descriptions.</summary>
    /// <returns>The common properties; <see langword="null"/> without any, or for tables, whose statistics are compared
    /// instead.</returns>
    /// <exception cref="UserErrorException">The samples of two nodes differ in kind or in partition.</exception>
    public static SampleTraits? Merge(IReadOnlyList<Hello> nodes, bool allowAnyRange)
    {
        RequireDealtAlike(nodes);
        (Hello Node, SampleTraits Traits)[] known = [.. nodes.Where(n => n.SampleCount > 0 && !n.Can(Hello.TableCapability)).Select(n => (n, TraitsOf(n)!))];
        if (known.Length == 0)
        {
            return null;
        }

        // There may be very many nodes. For kinds and shapes it suffices to compare each with the first, and with the
        // first that is not flat; for value ranges, to compare the extremes.
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

    /// <summary>Likely mistakes, one line each; those in tables are found from their statistics.</summary>
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

    /// <summary>A node's data description; <see langword="null"/> if it is invalid.</summary>
    public static SampleTraits? TraitsOf(Hello hello) =>
        SampleElementExtensions.Parse(hello.SampleType) is { } element && (hello.Range is not var (least, largest) || (double.IsFinite(least) && double.IsFinite(largest)))
            ? new SampleTraits(element, hello.SampleShape) { Range = hello.Range }
            : null;

    /// <summary>The name of a node in messages.</summary>
    public static string NameOf(Hello hello) => $"node {hello.NodeId}";
}
