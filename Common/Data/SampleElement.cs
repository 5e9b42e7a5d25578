namespace TraversalLearning.Data;

/// <summary>What one element of a sample is, as it stands in the files.</summary>
public enum SampleElement
{
    /// <summary>Unsigned byte, a pixel's value: normalised before it is trained on.</summary>
    UInt8,

    /// <summary>IEEE 754 with 4 bytes, trained on as it is.</summary>
    Float32,

    /// <summary>IEEE 754 with 8 bytes, trained on as it is.</summary>
    Float64,

    /// <summary>A token with 4 bytes: the number of a word, looked up by the model's first layer.</summary>
    Int32,

    /// <summary>A token with 8 bytes.</summary>
    Int64,
}

/// <summary>What there is to say of a <see cref="SampleElement"/>.</summary>
public static class SampleElementExtensions
{
    /// <summary>Bytes of an element.</summary>
    public static int Size(this SampleElement element) => element switch
    {
        SampleElement.UInt8 => sizeof(byte),
        SampleElement.Float32 or SampleElement.Int32 => sizeof(int),
        _ => sizeof(long),
    };

    /// <summary>Whether it counts words instead of measuring something.</summary>
    public static bool IsToken(this SampleElement element) => element is SampleElement.Int32 or SampleElement.Int64;

    /// <summary>The element of a <see cref="Word"/>; <see langword="null"/> if it is none.</summary>
    public static SampleElement? Parse(string word) => Enum.GetValues<SampleElement>().Cast<SampleElement?>().FirstOrDefault(e => string.Equals(e!.Value.Word(), word, StringComparison.Ordinal));

    /// <summary>Its name in messages, which is numpy's: <c>uint8</c>, <c>float32</c> and so on.</summary>
    public static string Word(this SampleElement element) => element switch
    {
        SampleElement.UInt8 => "uint8",
        SampleElement.Float32 => "float32",
        SampleElement.Float64 => "float64",
        SampleElement.Int32 => "int32",
        _ => "int64",
    };
}
