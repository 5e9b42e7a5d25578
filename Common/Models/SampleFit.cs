using System.Runtime.InteropServices;
using TraversalLearning.Data;

namespace TraversalLearning.Models;

/// <summary>Whether a model can be trained on a data set.</summary>
public static class SampleFit
{
    /// <summary>Refuses samples that a model does not take.</summary>
    /// <exception cref="ModelException">It does not; says why.</exception>
    public static void Require(ModelDescription model, SampleSet samples)
    {
        if (Misfit(model, samples) is { } misfit)
        {
            throw new ModelException($"the samples do not fit: {misfit}");
        }
    }

    /// <summary>
    /// Why a model does not take these samples: their size, numbers where it looks up tokens or tokens where it computes with numbers, a token or a
    /// label that it has no place for. Null if it takes them.
    /// </summary>
    public static string? Misfit(ModelDescription model, SampleSet samples)
    {
        if (samples.SampleSize != model.InputShape.Aggregate(1L, (a, b) => a * b))
        {
            return $"the model '{model.Name}' takes samples of [{string.Join(", ", model.InputShape)}], these are {samples}";
        }

        if (samples.ClassesSeen() > model.ClassCount)
        {
            return $"the model '{model.Name}' has {model.ClassCount} classes, and there are labels up to {samples.ClassesSeen() - 1}";
        }

        return (model.Vocabulary, samples.Element.IsToken()) switch
        {
            (null, false) => null,
            (null, true) => $"the model '{model.Name}' takes numbers, these are tokens ({samples.Element.Word()}); save them as float32",
            (_, false) => $"the model '{model.Name}' takes tokens, these are {samples.Element.Word()}; save them as int32 or int64",
            ({ } words, true) => LargestToken(samples) is var largest && largest >= words
                ? $"the model '{model.Name}' knows the tokens 0 to {words - 1}, and there is a {largest}"
                : null,
        };
    }

    private static long LargestToken(SampleSet samples)
    {
        long largest = -1;
        if (samples.Element == SampleElement.Int32)
        {
            foreach (int token in MemoryMarshal.Cast<byte, int>(samples.Values))
            {
                largest = Math.Max(largest, token);
            }
        }
        else
        {
            foreach (long token in MemoryMarshal.Cast<byte, long>(samples.Values))
            {
                largest = Math.Max(largest, token);
            }
        }

        return largest;
    }
}
