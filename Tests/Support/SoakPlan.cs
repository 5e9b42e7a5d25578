using System.Globalization;
using TraversalLearning.Data;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>What happens to a frame, its connection, or the node behind it.</summary>
internal enum SoakFault
{
    /// <summary>The connection is closed in the middle of the frame.</summary>
    Cut,

    /// <summary>The connection is reset in the middle of the frame.</summary>
    Reset,

    /// <summary>Nothing passes the connection any more, in either direction, not even its end.</summary>
    Silence,

    /// <summary>A bit of the frame is flipped.</summary>
    Corrupt,

    /// <summary>The frame comes late.</summary>
    Delay,

    /// <summary>The frame comes twice.</summary>
    Duplicate,

    /// <summary>The node is killed and started again.</summary>
    Kill,
}

/// <summary>One fault of a plan.</summary>
/// <param name="Fault">What happens.</param>
/// <param name="Node">To whose connection.</param>
/// <param name="Type">To which kind of frame.</param>
/// <param name="Number">To the how-manieth of that kind, which is about the step.</param>
/// <param name="At">Where in the frame, from 0 to 1.</param>
internal sealed record PlannedFault(SoakFault Fault, int Node, MessageType Type, int Number, double At);

/// <summary>The faults of a run: a function of its seed.</summary>
internal static class SoakPlan
{
    /// <summary>The steps that <c>./run_tests.sh --soak</c> asks for.</summary>
    public static int RequestedSteps => int.Parse(Environment.GetEnvironmentVariable("TL_SOAK_STEPS") ?? "20000", CultureInfo.InvariantCulture);

    private static readonly MessageType[] Types = [MessageType.ForwardPass, MessageType.ForwardResult, MessageType.Backward, MessageType.BackwardResult];

    /// <summary>Every kind of fault as often as the others, in any order, one every <paramref name="interval"/> steps or so.</summary>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="steps">Of the run. A node is not visited in every one, so the last few are left alone.</param>
    /// <param name="interval">Steps between two faults, on average.</param>
    /// <param name="nodes">How many there are. Only the last is ever killed, so that the others show what a node takes that lives long.</param>
    public static PlannedFault[] Draw(ulong seed, int steps, int interval, int nodes)
    {
        var random = SeededRandom.ForStream(seed, stream: 50);
        var plan = new List<PlannedFault>();
        int[] kinds = [.. Enum.GetValues<SoakFault>().Select(f => (int)f)];
        int step = 1 + random.Next(interval);
        for (int i = 0; step < steps * 0.95; i++, step += (interval / 2) + 1 + random.Next(interval))
        {
            if (i % kinds.Length == 0)
            {
                random.Shuffle(kinds);
            }

            var fault = (SoakFault)kinds[i % kinds.Length];
            plan.Add(new PlannedFault(
                fault, fault == SoakFault.Kill ? nodes : 1 + random.Next(nodes), Types[random.Next(Types.Length)], step, random.Next(1 << 20) / (double)(1 << 20)));
        }

        return [.. plan];
    }
}
