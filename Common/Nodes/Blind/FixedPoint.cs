using TraversalLearning.Messages;

namespace TraversalLearning.Nodes.Blind;

/// <summary>Figures as integers, in units of 2^−32, so that they can be masked and their sum does not depend on the order.</summary>
public static class FixedPoint
{
    private const double Unit = 1.0 / (1L << 32);

    /// <summary>Converts an integer of the sum back.</summary>
    public static double Value(long units) => units * Unit;

    /// <summary>Converts a figure.</summary>
    /// <param name="value">The figure.</param>
    /// <param name="name">Its name, for the error.</param>
    /// <param name="nodes">Number of nodes whose figures are added.</param>
    /// <exception cref="TaskRefusedException">The figure is not finite, or too large.</exception>
    internal static long Units(double value, string name, int nodes)
    {
        double units = Math.Round(value / Unit);
        return Math.Abs(units) <= Math.BitDecrement((double)(long.MaxValue / nodes))
            ? (long)units
            : throw new TaskRefusedException(
                double.IsFinite(value) ? TaskFailureCodes.Computation : TaskFailureCodes.NotFinite,
                double.IsFinite(value) ? $"{name} of {value:G4} is too large to be added" : $"{name} is {value}");
    }
}
