namespace TraversalLearning.Hosting;

/// <summary>Name and version of this program.</summary>
public static class ProductInfo
{
    /// <summary>Version of the assembly.</summary>
    public static string Version { get; } = typeof(ProductInfo).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Name and version, as in a handshake.</summary>
    public static string Software { get; } = $"TraversalLearning/{Version}";
}
