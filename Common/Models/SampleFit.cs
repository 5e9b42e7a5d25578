using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;

namespace TraversalLearning.Models;

/// <summary>Checks whether a model can be trained on a data set.</summary>
public static class SampleFit
{
    /// <summary>Throws if a model does not accept the samples.</summary>
    /// <exception cref="ModelException">The samples do not fit; the message says why.</exception>
    public static void Require(ModelDescription model, SampleSet samples, LossFunction? loss = null)
    {
        if (Misfit(model, samples, loss) is { } misfit)
        {
            throw new ModelException($"the samples do not fit: {misfit}");
        }
    }

    /// <summary>
    /// Why a model does not accept these samples: their size, numbers instead of tokens or tokens instead of numbers, a token or
    /// label out of range, or labels that the loss cannot use. Null if it accepts them.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="loss">The loss; <see langword="null"/> for <see cref="LossFunction.Default"/>.</param>
    public static string? Misfit(ModelDescription model, SampleSet samples, LossFunction? loss = null)
    {
        if (ShapeMisfit(model, samples.Shape) is { } wrong)
        {
            return wrong;
        }

        if (LabelMisfit(model, samples, loss ?? LossFunction.Default) is { } misfit)
        {
            return misfit;
        }

        return ElementMisfit(model, samples.Element)
            ?? (model.Vocabulary is { } words && LargestToken(samples) is var largest && largest >= words
                ? $"the model '{model.Name}' knows the tokens 0 to {words - 1}, and there is a {largest}"
                : null);
    }

    /// <summary>Why a model does not accept samples of this element type; <see langword="null"/> if it does.</summary>
    public static string? ElementMisfit(ModelDescription model, SampleElement element) => (model.Vocabulary, element.IsToken()) switch
    {
        (null, true) => $"the model '{model.Name}' takes numbers, these are tokens ({element.Word()}); save pixels from 0 to 255 as uint8, other numbers as float32",
        (not null, false) => $"the model '{model.Name}' takes tokens, these are {element.Word()}; save them as int32 or int64",
        _ => null,
    };

    /// <summary>Why a model does not accept samples of this shape; <see langword="null"/> if it does.</summary>
    public static string? ShapeMisfit(ModelDescription model, long[] shape)
    {
        if (SampleShape.IsSame(shape, model.InputShape))
        {
            return null;
        }

        string advice = SampleShape.Transposition(shape, model.InputShape) is { } how ? $": the channels come first, save them as {how}"
            : SampleShape.Size(shape) == SampleShape.Size(model.InputShape) ? ": as many values, but in another order"
            : string.Empty;
        return $"the model '{model.Name}' takes samples of {SampleShape.Text(model.InputShape)}, these are {SampleShape.Text(shape)}{advice}";
    }

    private static string? LabelMisfit(ModelDescription model, SampleSet samples, LossFunction loss) => !samples.IsLabelled ? null : (loss.ClassesOf(model), samples.Targets) switch
    {
        (null, null) => $"the loss {loss.Name} takes labels that are numbers, these are classes; save them as float32 to have them predicted as numbers",
        (null, { } targets) => targets.Width == model.ClassCount
            ? null
            : $"the model '{model.Name}' gives {model.ClassCount} numbers for a sample, and its labels have {targets.Width}",
        (_, not null) => $"the loss {loss.Name} takes labels that are classes, these are numbers; save them as int32, or train with --loss mse",
        ({ } classes, _) => samples.ClassesSeen() > classes
            ? $"the model '{model.Name}' has {classes} classes, and there are labels up to {samples.ClassesSeen() - 1}"
            : null,
    };

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
