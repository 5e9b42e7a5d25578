namespace TraversalLearning.Data;

#pragma warning disable RCS1194 // The standard constructors would allow one that says nothing.
/// <summary>A table, its statistics or a preparation is invalid, or does not match the rows. The message is meant for the user.</summary>
public sealed class TableException(string message, Exception? inner = null) : Exception(message, inner);
