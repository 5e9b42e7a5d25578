namespace TraversalLearning.Models.Layers;

/// <summary>A model description, or a cut of it, is invalid; the message names the layer.</summary>
public sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
