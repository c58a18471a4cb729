// The parser of libxml2, and the macro that Swift does not see. No logic here.
#ifndef STOWAGE_CLIBXML2_H
#define STOWAGE_CLIBXML2_H
#include <libxml/parser.h>
#include <libxml/xmlerror.h>

// Marks a handler as one that knows namespaces.
static const unsigned int SHIM_XML_SAX2_MAGIC = XML_SAX2_MAGIC;

#endif
